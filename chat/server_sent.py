"""Server-sent events as text, and the response that carries them."""

import json
from collections.abc import AsyncIterator
from typing import Any

from django.http import StreamingHttpResponse


def frame(event: str, data: Any, place: str = "") -> str:
    """One event. ``place`` becomes the id that a reconnecting browser sends back."""
    begin = f"id: {place}\n" if place else ""
    return f"{begin}event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def event_stream(frames: AsyncIterator[str]) -> StreamingHttpResponse:
    """Sent piece by piece, also through a buffering proxy."""
    response = StreamingHttpResponse(frames, content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-cache, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response
