"""One document: its text, a passage of it, its state."""

from typing import Any
from uuid import UUID

from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.roles import Action
from ingestion import access, history, page_pictures, selectors, tagging, web_origins
from ingestion.finding import passage_url
from ingestion.models import Document, DocumentText
from ingestion.opening import Opened, open_passage, quoted_url
from ingestion.recommend import noting
from ingestion.views.reading_bar import place_of, places, search_in, start_of_place
from ingestion.views.reading_page import around, part_at, start_of_page, start_of_part

_PAGE = "ingestion/document.html"


@require_GET
def document(request: HttpRequest, document_id: UUID) -> HttpResponseBase:
    """``?p=`` and ``?at=`` open the part with that passage (see ``ingestion.opening``), ``?page=``,
    ``?place=`` or ``?part=`` the one with that number, ``?find=`` with ``?hit=`` the one with these words;
    ``?go=`` leads to a place and ``?view=original`` shows the file beside the text."""
    shown = access.get_document(request.user, document_id)
    comparing = request.GET.get("view") == "original" and bool(page_pictures.kind_of(shown))
    if place := _number(request, "go"):
        view = "view=original&" if comparing else ""
        return redirect(f"{shown.get_absolute_url()}?{view}place={place}#place-{place}")
    noting.opened(request.user, shown.pk)
    content = selectors.document_text(shown)
    wanted, at = request.GET.get("p", ""), request.GET.get("at", "")
    opened = open_passage(shown, content, wanted, at) if content and (wanted or at) else None
    context = {
        "document": shown,
        "content": content,
        "opened": opened,
        "is_passage_gone": bool(wanted or at) and opened is None,
        "may_edit": access.may(request.user, shown.collection, Action.EDIT),
        "known_tags": tagging.tags_of([shown.collection]),
        "events": history.history(shown),
        "origin": web_origins.origin(shown),
        "may_compare": bool(page_pictures.kind_of(shown)),
        "comparing": comparing,
    }
    if content:
        context |= _reading(request, shown, content, opened)
    return _framed(request, context) if comparing else render(request, _PAGE, context)


def _framed(request: HttpRequest, context: dict[str, Any]) -> HttpResponseBase:
    """The page with the original in a frame, which it alone may hold."""

    def page(request: HttpRequest) -> HttpResponseBase:
        return render(request, _PAGE, context)

    return csp_update({"frame-src": ["'self'"]})(page)(request)


def _reading(
    request: HttpRequest, shown: Document, content: DocumentText, opened: Opened | None
) -> dict[str, Any]:
    """The part of the text that is wanted, and the bar above it."""
    offset = _offset(request, content, opened)
    search = search_in(content, request.GET.get("find", ""), _number(request, "hit"), offset)
    if search and search.number:
        offset = search.offset
    place = place_of(content.pages, offset)
    number = content.pages[place - 1][0] if content.pages else None
    return {
        "part": part_at(shown, content, offset=offset, opened=opened, found=search.found if search else ()),
        "places": places(shown, content, offset),
        "place": place,
        "page_number": number or 1,
        "search": search,
        "view_suffix": "&view=original" if request.GET.get("view") == "original" else "",
    }


def _offset(request: HttpRequest, content: DocumentText, opened: Opened | None) -> int:
    if opened:
        return opened.start
    if place := _number(request, "place"):
        return start_of_place(content, place)
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
    if not shown.is_changing:
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
