"""Each request in one thread from its first line to its last, and the thread, with its open connection to the
database, kept for the next one.

Django's own door gives every request a new thread, and passes each on between that thread and the event loop
for every middleware and view; both cost more than a small answer.
"""

import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# So many threads are kept. There may be more at a time: a request never waits for one.
_KEPT = 16

_Receive = Callable[[], Awaitable[Mapping[str, Any]]]
_Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class Threads:
    """Lends one thread at a time to each who asks."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._free: list[ThreadPoolExecutor] = []
        self._lock = threading.Lock()

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[None]:
        """Within it, code that is not asynchronous runs in a thread of its own."""
        thread = self._take()
        try:
            async with ThreadSensitiveContext(executor=thread):
                yield
        finally:
            # The thread itself comes back, after what a request that was given up may still do in it.
            thread.submit(self._give_back, thread)

    def _take(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._free:
                return self._free.pop()
        return ThreadPoolExecutor(1, thread_name_prefix="request")

    def _give_back(self, thread: ThreadPoolExecutor) -> None:
        with self._lock:
            if len(self._free) < self._kept:
                self._free.append(thread)
                return
        connections.close_all()
        thread.shutdown(wait=False)


class RequestHandler(ASGIHandler):
    """Django behind an ASGI server. Middlewares and views are called as under WSGI; what an answer streams is
    asynchronous all the same."""

    def __init__(self) -> None:
        super().__init__()
        self._threads = Threads()

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def __call__(self, scope: dict[str, Any], receive: _Receive, send: _Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Only HTTP is served here, not {scope['type']}.")
        async with self._threads.lent():
            await self.handle(scope, receive, send)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)
