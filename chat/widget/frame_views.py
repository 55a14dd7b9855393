"""What other websites load: the script, and the page in its frame. Neither knows who is signed in."""

from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_GET

from chat.widget import loading, selectors
from chat.widget.models import Widget

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
)
_SCRIPT_AGE_S = 300


@require_GET
def script(request: HttpRequest, widget_id: UUID) -> HttpResponse:
    widget = selectors.public_widget(widget_id)
    site = request.build_absolute_uri("/").rstrip("/")
    if widget is None:
        text = (
            f'console.error("Youju chat widget {widget_id}: there is no such widget, or it was deleted.");\n'
        )
    else:
        text = loading.script(widget, site)
    response = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = f"public, max-age={_SCRIPT_AGE_S}"
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_GET
@xframe_options_exempt
def frame(request: HttpRequest, widget_id: UUID) -> HttpResponse:
    """Browsers show it on the widget's origins alone. What they tell of the page around it is looked at
    too, so that a message stands where a browser would show an empty frame."""
    widget = selectors.public_widget(widget_id)
    language = asked_language(request, widget)
    with translation.override(language):
        problem = _problem(request, widget)
        if problem or widget is None:
            response = render(request, "chat/widget/closed.html", {"problem": problem}, status=403)
        else:
            response = framed(request, widget, language)
    return with_policy(response, widget.origins if widget else [])


def framed(request: HttpRequest, widget: Widget, language: str, *, token: str = "") -> HttpResponse:
    """The page of the chat; with a ``token`` it is an editor's preview, which needs no greeting of a host."""
    context = {
        "widget": widget,
        "language": language,
        "token": token,
        "limit": settings.MAX_QUERY_CHARS,
        "on_accent": loading.on_colour(widget.accent),
    }
    return render(request, "chat/widget/frame.html", context)


def with_policy(response: HttpResponse, ancestors: list[str]) -> HttpResponse:
    """``ancestors`` may show the page in a frame; nobody else."""
    response["Content-Security-Policy"] = _POLICY.format(ancestors=" ".join(ancestors) or "'none'")
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Cross-Origin-Embedder-Policy"] = "require-corp"
    response["Cache-Control"] = "no-store"
    return response


def asked_language(request: HttpRequest, widget: Widget | None) -> str:
    if widget is not None and widget.language:
        return widget.language
    asked = request.GET.get("lang", "")
    return asked if asked in dict(settings.LANGUAGES) else translation.get_language() or "en"


def _problem(request: HttpRequest, widget: Widget | None) -> str:
    if widget is None:
        return _("This chat does not exist any more.")
    if not widget.is_on:
        return _("This chat is switched off at the moment.")
    referrer = urlsplit(request.headers.get("Referer", ""))
    origin = f"{referrer.scheme}://{referrer.netloc}"
    if referrer.netloc and origin not in widget.origins and referrer.netloc != request.get_host():
        said = _("This chat may not be used on %(origin)s: that address is not among those it is made for.")
        return said % {"origin": origin[:200]}
    return ""
