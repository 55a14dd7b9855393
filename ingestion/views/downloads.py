"""The original file, as a download that no browser runs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from ingestion import access, storage

_BLOCK = 256 * 1024


@require_GET
def file(request: HttpRequest, document_id: UUID) -> StreamingHttpResponse:
    """Streams the bytes; whatever they are, they arrive as an attachment of unknown type."""
    document = access.get_document(request.user, document_id)
    path = storage.path_of(document.sha256)
    if not path.is_file():
        raise Http404(_("The original file is missing from the data folder."))
    response = StreamingHttpResponse(_blocks(path), content_type="application/octet-stream")
    response["Content-Length"] = str(path.stat().st_size)
    response["Content-Disposition"] = content_disposition_header(True, document.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-cache"
    return response


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as handle:
        while block := await asyncio.to_thread(handle.read, _BLOCK):
            yield block
