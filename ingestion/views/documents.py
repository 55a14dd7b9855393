"""One document: its text, a passage of it, its state."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.roles import Action
from ingestion import access, selectors
from ingestion.finding import passage_url
from ingestion.models import DocumentText
from ingestion.opening import Opened, open_passage, quoted_url
from ingestion.views.reading_page import around, part_at, start_of_page, start_of_part


@require_GET
def document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """``?p=`` and ``?at=`` open the part with that passage (see ``ingestion.opening``), ``?page=`` or
    ``?part=`` the one with that number."""
    shown = access.get_document(request.user, document_id)
    content = selectors.document_text(shown)
    wanted, at = request.GET.get("p", ""), request.GET.get("at", "")
    opened = open_passage(shown, content, wanted, at) if content and (wanted or at) else None
    context = {
        "document": shown,
        "content": content,
        "opened": opened,
        "is_passage_gone": bool(wanted or at) and opened is None,
        "part": part_at(shown, content, offset=_offset(request, content, opened), opened=opened)
        if content
        else None,
        "may_edit": access.may(request.user, shown.collection, Action.EDIT),
    }
    return render(request, "ingestion/document.html", context)


def _offset(request: HttpRequest, content: DocumentText, opened: Opened | None) -> int:
    if opened:
        return opened.start
    if page := _number(request, "page"):
        return start_of_page(content, page)
    return start_of_part(content, _number(request, "part") or 1)


def _number(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


@require_GET
def status(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """The state of a document in work; when it is done the page is loaded again, with its text."""
    shown = access.get_document(request.user, document_id)
    response = render(request, "ingestion/_document_state.html", {"document": shown})
    if not shown.is_in_work:
        response["HX-Refresh"] = "true"
    return response


@require_GET
def passage(request: HttpRequest, document_id: UUID, chunk_id: str) -> HttpResponse:
    """A passage with some text around it, as a part of a page; ``?at=`` marks words in it."""
    shown = access.get_document(request.user, document_id)
    content, at = selectors.document_text(shown), request.GET.get("at", "")
    opened = open_passage(shown, content, chunk_id, at) if content else None
    if opened is None or content is None:
        raise Http404(_("This passage is gone: the document was changed or deleted."))
    context = {
        "document": shown,
        "opened": opened,
        "url": quoted_url(passage_url(shown.pk, opened.id), at if opened.quoted else ""),
        "html": around(shown, content, opened),
    }
    return render(request, "ingestion/_passage.html", context)
