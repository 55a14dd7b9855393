"""Refuses oversized request bodies before any of it reaches the disk.

Django writes a body to a temporary file before it knows who sent it. Here, at the edge, only uploads
by somebody who shows a session or a key may be large; whatever is over its limit is read and thrown
away, so that the sender gets the answer, up to a point where the connection is closed instead.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from kb_site.problems import Problem

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Event, Receive, Send], Awaitable[None]]

SMALL = 8 * 1024 * 1024
_UPLOADS = ("/documents", "/upload/")


class _TooLarge(Exception):
    pass


class BodyLimit:
    """An ASGI application around ``app``. ``upload_bytes`` is the most that one upload request may
    hold, all of its files together; ``session_cookie`` the name of the cookie that a session needs."""

    def __init__(self, app: App, *, upload_bytes: int, session_cookie: str) -> None:
        self._app = app
        self._upload_bytes = upload_bytes
        self._session_cookie = session_cookie

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit(scope)
        declared = _header(scope, b"content-length")
        if declared.isdigit() and int(declared) > limit:
            await _refuse(receive, send, limit, more=True)
            return
        taken, more = 0, True

        async def counted() -> Event:
            nonlocal taken, more
            event = await receive()
            taken, more = taken + len(event.get("body", b"")), event.get("more_body", False)
            if taken > limit:
                raise _TooLarge
            return event

        try:
            await self._app(scope, counted, send)
        except _TooLarge:
            await _refuse(receive, send, limit, more=more)

    def _limit(self, scope: Event) -> int:
        if not scope["path"].endswith(_UPLOADS):
            return SMALL
        if _header(scope, b"authorization"):
            return self._upload_bytes
        try:
            cookies = SimpleCookie(_header(scope, b"cookie"))
        except CookieError:
            return SMALL
        return self._upload_bytes if self._session_cookie in cookies else SMALL


def _header(scope: Event, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


async def _refuse(receive: Receive, send: Send, limit: int, *, more: bool) -> None:
    """413, after reading what is still to come, up to twice the limit, without keeping it."""
    left = 2 * limit
    while more and left > 0:
        event = await receive()
        more = event["type"] == "http.request" and event.get("more_body", False)
        left -= len(event.get("body", b""))
    problem = Problem(
        413, f"The request is larger than {limit // 2**20} MB. Send fewer or smaller files at once."
    )
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(problem.as_dict()).encode()})
