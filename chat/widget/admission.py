"""Who may talk through a widget: the frame that this site serves, on a page of an origin that is allowed."""

from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _

from chat.widget import selectors, tokens
from chat.widget.models import Widget
from chat.widget.tokens import Visitor

TOKEN_HEADER = "X-Widget-Token"
LANGUAGE_HEADER = "X-Widget-Language"


class NotAdmitted(Exception):
    """``code`` is stable for programs, the message for the visitor or whoever puts the widget on a page."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Guest:
    widget: Widget
    visitor: Visitor
    language: str

    @property
    def token(self) -> str:
        return tokens.sealed(self.visitor)


def entered(request: HttpRequest, widget_id: UUID, *, origin: str, token: str = "") -> Guest:
    """A visitor who says on which page they are; ``token``, also one that has run out, says that they were
    here before. Raises ``NotAdmitted``."""
    language = _language(request)
    with translation.override(language):
        known = tokens.opened(token, max_age_s=tokens.KNOWN_AGAIN_S) if token else None
        if known is not None and known.widget_id != widget_id:
            known = None
        widget = _widget(request, widget_id, known)
        if known is not None and known.is_preview:
            return Guest(widget, known, language)
        _require_origin(widget, origin)
    if known is None or known.origin != origin:
        known = tokens.new_visitor(widget.pk, origin)
    return Guest(widget, known, language)


def admitted(request: HttpRequest, widget_id: UUID) -> Guest:
    """The visitor whom the request's token names. Raises ``NotAdmitted``."""
    language = _language(request)
    with translation.override(language):
        visitor = tokens.opened(request.headers.get(TOKEN_HEADER, ""))
        if visitor is None or visitor.widget_id != widget_id:
            raise NotAdmitted(401, "widget_token", _("This chat was open for too long. Open it again."))
        widget = _widget(request, widget_id, visitor)
        if not visitor.is_preview:
            _require_origin(widget, visitor.origin)
    return Guest(widget, visitor, language)


def _widget(request: HttpRequest, widget_id: UUID, visitor: Visitor | None) -> Widget:
    """An editor's preview works where the widget is off, too."""
    _require_own_frame(request)
    widget = selectors.public_widget(widget_id)
    if widget is None:
        raise NotAdmitted(404, "widget_unknown", _("This chat does not exist any more."))
    if not widget.is_on and not (visitor is not None and visitor.is_preview):
        raise NotAdmitted(403, "widget_off", _("This chat is switched off at the moment."))
    return widget


def _require_origin(widget: Widget, origin: str) -> None:
    if origin not in widget.origins:
        said = _("This chat may not be used on %(origin)s: that address is not among those it is made for.")
        raise NotAdmitted(403, "widget_origin", said % {"origin": origin[:200] or "?"})


def _require_own_frame(request: HttpRequest) -> None:
    """Scripts of other sites reach a widget through its frame alone; browsers say from where they ask."""
    origin = request.headers.get("Origin", "")
    is_ours = origin in _own_origins(request) if origin else _is_same_site(request)
    if not is_ours:
        said = _("Only the frame of the chat itself may ask here, not a script of %(origin)s.")
        raise NotAdmitted(403, "widget_origin", said % {"origin": origin[:200] or "?"})


def _is_same_site(request: HttpRequest) -> bool:
    return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}


def _own_origins(request: HttpRequest) -> set[str]:
    site = urlsplit(settings.SITE_URL)
    return {f"{request.scheme}://{request.get_host()}", f"{site.scheme}://{site.netloc}"}


def _language(request: HttpRequest) -> str:
    asked = request.headers.get(LANGUAGE_HEADER, "")
    return asked if asked in dict(settings.LANGUAGES) else translation.get_language() or "en"
