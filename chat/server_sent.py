"""Server-sent events as text, and the response that carries them."""

import json
from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

from chat.connections import release_connections


def frame(event: str, data: Any, place: str = "") -> str:
    """One event. ``place`` becomes the id that a reconnecting browser sends back."""
    begin = f"id: {place}\n" if place else ""
    return f"{begin}event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def event_stream(frames: AsyncIterator[str]) -> StreamingHttpResponse:
    """Sent piece by piece, also through a buffering proxy, without a database connection."""
    content = _without_connections(frames)
    response = StreamingHttpResponse(content, content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-cache, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response


async def _without_connections(frames: AsyncIterator[str]) -> AsyncIterator[str]:
    """What the request's own thread opened on the way here would be held until the stream ends."""
    await sync_to_async(release_connections)()
    async for text in frames:
        yield text
