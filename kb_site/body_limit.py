"""Keeps oversized request bodies off the disk, and away from the application.

Django writes a body to a temporary file before it knows who sent it. Here, at the edge, only uploads
by somebody who shows a session or a key may be large. Whatever is over its limit is read and thrown away, up
to a point where the connection is closed instead, and the application is handed the request without its
body: ``kb_site.too_large`` answers it, in the sender's language and form.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from kb_site.too_large import SCOPE, Kind, TooLarge

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Event, Receive, Send], Awaitable[None]]

_UPLOADS = ("/documents", "/upload/")
# What only says something of the body that is gone.
_OF_BODY = (b"content-length", b"content-type", b"transfer-encoding")


class _Stopped(Exception):
    pass


class BodyLimit:
    """An ASGI application around ``app``. ``form_bytes`` is the most that a request may hold,
    ``upload_bytes`` the most that one upload may, all of its files together; ``session_cookie`` the name of
    the cookie that a session needs."""

    def __init__(self, app: App, *, form_bytes: int, upload_bytes: int, session_cookie: str) -> None:
        self._app = app
        self._form_bytes = form_bytes
        self._upload_bytes = upload_bytes
        self._session_cookie = session_cookie

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        too_large = self._beyond(scope)
        declared = _header(scope, b"content-length")
        if declared.isdigit() and int(declared) > too_large.limit:
            await self._refuse(scope, receive, send, too_large, more=True)
            return
        taken, more = 0, True

        async def counted() -> Event:
            nonlocal taken, more
            event = await receive()
            taken, more = taken + len(event.get("body", b"")), event.get("more_body", False)
            if taken > too_large.limit:
                raise _Stopped
            return event

        try:
            await self._app(scope, counted, send)
        except _Stopped:
            await self._refuse(scope, receive, send, too_large, more=more)

    def _beyond(self, scope: Event) -> TooLarge:
        """The limit of this request, and what to tell who is beyond it."""
        if not scope["path"].endswith(_UPLOADS):
            return TooLarge(Kind.FORM, self._form_bytes)
        if _header(scope, b"authorization") or self._session_cookie in _cookies(scope):
            return TooLarge(Kind.UPLOAD, self._upload_bytes)
        return TooLarge(Kind.SIGNED_OUT, self._form_bytes)

    async def _refuse(
        self, scope: Event, receive: Receive, send: Send, too_large: TooLarge, *, more: bool
    ) -> None:
        """Has the request answered, after reading what is still to come without keeping it: a browser that is
        cut off while it sends shows no answer."""
        left = 2 * self._upload_bytes
        while more and left > 0:
            event = await receive()
            more = event["type"] == "http.request" and event.get("more_body", False)
            left -= len(event.get("body", b""))
        bare = [(name, value) for name, value in scope["headers"] if name not in _OF_BODY]

        async def closing(event: Event) -> None:
            if event["type"] == "http.response.start":
                event = {**event, "headers": [*event.get("headers", []), (b"connection", b"close")]}
            await send(event)

        await self._app({**scope, "headers": bare, SCOPE: too_large}, _nothing_of(receive), closing)


def _nothing_of(receive: Receive) -> Receive:
    """An empty body, and after it nothing but that the sender has gone."""
    is_told = False

    async def nothing() -> Event:
        nonlocal is_told
        if not is_told:
            is_told = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while (event := await receive())["type"] != "http.disconnect":
            pass
        return event

    return nothing


def _cookies(scope: Event) -> SimpleCookie:
    try:
        return SimpleCookie(_header(scope, b"cookie"))
    except CookieError:
        return SimpleCookie()


def _header(scope: Event, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")
