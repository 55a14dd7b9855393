"""The original file, as a download that no browser runs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from ingestion import access, storage
from ingestion.extract.kinds import WEB_PAGE
from ingestion.extract.stored_page import page_text
from ingestion.models import Document

_BLOCK = 256 * 1024
_NOT_IN_NAMES = '/\\:*?"<>|'
_Answer = TypeVar("_Answer", HttpResponse, StreamingHttpResponse)


@require_GET
def file(request: HttpRequest, document_id: UUID) -> HttpResponse | StreamingHttpResponse:
    """Streams the bytes; whatever they are, they arrive as an attachment of unknown type."""
    document = access.get_document(request.user, document_id)
    if document.mime == WEB_PAGE:
        return _page(document)
    path = storage.path_of(document.sha256)
    if not path.is_file():
        raise Http404(_("The original file is missing from the data folder."))
    response = StreamingHttpResponse(_blocks(path), content_type="application/octet-stream")
    response["Content-Length"] = str(path.stat().st_size)
    return _attached(response, document.name)


def _page(document: Document) -> HttpResponse:
    """The text of a web page as a Markdown file."""
    try:
        text = page_text(storage.path_of(document.sha256).read_bytes())
    except OSError as error:
        raise Http404(_("The original file is missing from the data folder.")) from error
    name = "".join(
        letter if letter.isprintable() and letter not in _NOT_IN_NAMES else " "
        for letter in document.shown_title
    )
    response = HttpResponse(text.encode(), content_type="application/octet-stream")
    return _attached(response, f"{' '.join(name.split())[:100]}.md")


def _attached(response: _Answer, name: str) -> _Answer:
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-cache"
    return response


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as handle:
        while block := await asyncio.to_thread(handle.read, _BLOCK):
            yield block
