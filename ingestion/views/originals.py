"""The original as people see it, without running anything of it: a page for a frame, and its pictures."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from ingestion import access, page_pictures, storage
from ingestion.extract import kinds
from ingestion.extract.decoding import decode
from ingestion.models import Document
from ingestion.page_pictures import DRAWN, NotDrawn

# A sandbox without scripts. The pictures are asked for with the visitor's session, which a browser sends
# only where the frame keeps its origin.
_SANDBOX = (
    "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self'; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
_MOST_TEXT = 2 * 1024 * 1024


@require_GET
@xframe_options_sameorigin
def original(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Every page as a picture that loads when it comes into sight; plain text as text."""
    document = access.get_document(request.user, document_id)
    kind = page_pictures.kind_of(document)
    context: dict[str, object] = {"document": document}
    if kind in DRAWN:
        context |= {"pages": range(1, _page_count(document) + 1)}
    elif kind == kinds.PLAIN:
        context |= {"text": _text(document)}
    else:
        raise Http404(_("The original of this kind cannot be shown here. Download it instead."))
    response = render(request, "ingestion/original.html", context)
    response["Content-Security-Policy"] = _SANDBOX
    return response


def _page_count(document: Document) -> int:
    try:
        return page_pictures.page_count(document)
    except NotDrawn as error:
        raise Http404(_("The original cannot be shown. Download it instead.")) from error


def _text(document: Document) -> str:
    try:
        with storage.path_of(document.sha256).open("rb") as file:
            return decode(file.read(_MOST_TEXT))
    except OSError as error:
        raise Http404(_("The original file is missing from the data folder.")) from error


@require_GET
def page_picture(request: HttpRequest, document_id: UUID, number: int) -> HttpResponse:
    """Page ``number`` (from 1) of a PDF or picture as PNG."""
    document = access.get_document(request.user, document_id)
    if page_pictures.kind_of(document) not in DRAWN or number < 1:
        raise Http404(_("There is no picture of this page."))
    tag = f'"{document.sha256[:20]}-{number}"'
    known = get_conditional_response(request, etag=tag)
    response = known if known is not None and known.status_code == 304 else _picture(document, number)
    response["ETag"] = tag
    response["Cache-Control"] = "private, max-age=0, must-revalidate"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _picture(document: Document, number: int) -> HttpResponse:
    try:
        data = page_pictures.page_picture(document, number).read_bytes()
    except (NotDrawn, FileNotFoundError) as error:
        raise Http404(_("There is no picture of this page.")) from error
    return HttpResponse(data, content_type="image/png")
