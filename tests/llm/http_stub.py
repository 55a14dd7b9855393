"""A loopback HTTP server with the bad habits of real ones; the stubs of the protocols are built on it.

It is a server of its own over real sockets: the client under test does not know it from another one.
"""

import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Recorded:
    """A request as it came. ``path`` is without the query."""

    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: Any
    query: dict[str, str] = field(default_factory=dict)


@dataclass
class Reply:
    """What one request gets: a whole body, or the ``pieces`` of an event stream.

    ``wait_s`` is the silence before the head; ``split`` cuts the bytes into TCP writes of that size;
    ``delay_s`` waits before each of ``pieces``; ``chunked`` false ends the body by closing; ``drop``
    closes without the last chunk; ``hang_up`` closes without any answer.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    pieces: Iterable[str] | None = None
    split: int = 0
    delay_s: float = 0.0
    wait_s: float = 0.0
    chunked: bool = True
    drop: bool = False
    hang_up: bool = False


Answer = Reply | Callable[[Recorded], Reply]


class HTTPStub:
    """Serves while ``serving`` lasts. ``requests`` records what came, ``busy`` counts open streams,
    ``connections`` all that were ever made."""

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self.connections = 0
        self.busy = 0
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, request: Recorded) -> Reply:
        raise NotImplementedError

    def record(self, request: Recorded) -> None:
        with self._lock:
            self.requests.append(request)

    @contextmanager
    def streaming(self) -> Iterator[None]:
        with self._lock:
            self.busy += 1
        try:
            yield
        finally:
            with self._lock:
                self.busy -= 1

    @contextmanager
    def serving(self) -> Iterator[Self]:
        thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            self.closing.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes is nothing to report; an error of the stub's own is."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Bound to one stub by a subclass that ``_handler`` makes."""

    stub: HTTPStub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.stub.connections += 1

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        where = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        query = dict(parse_qsl(where.query, keep_blank_values=True))
        request = Recorded(self.command, where.path, _lower(self.headers), body, query)
        self.stub.record(request)
        reply = self.stub.answer(request)
        self.stub.closing.wait(reply.wait_s)
        try:
            self._send(reply)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _send(self, reply: Reply) -> None:
        if reply.hang_up:
            self.close_connection = True
        elif reply.pieces is None:
            self._whole(reply)
        else:
            with self.stub.streaming():
                self._stream(reply)

    def _whole(self, reply: Reply) -> None:
        text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body, ensure_ascii=False)
        data = text.encode()
        self._head(reply, {"Content-Type": "application/json", "Content-Length": str(len(data))})
        self._write_split(data, reply, framed=False)

    def _stream(self, reply: Reply) -> None:
        transfer = {"Transfer-Encoding": "chunked"} if reply.chunked else {"Connection": "close"}
        self._head(reply, {"Content-Type": "text/event-stream"} | transfer)
        for piece in reply.pieces or ():
            self.stub.closing.wait(reply.delay_s)
            self._write_split(piece.encode(), reply, framed=reply.chunked)
        if reply.drop or not reply.chunked:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _write_split(self, data: bytes, reply: Reply, *, framed: bool) -> None:
        size = reply.split or max(1, len(data))
        for start in range(0, len(data), size):
            part = data[start : start + size]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if framed else part)
            self.wfile.flush()

    def _head(self, reply: Reply, headers: dict[str, str]) -> None:
        self.send_response(reply.status)
        for name, value in (headers | reply.headers).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return None


def _handler(stub: HTTPStub) -> type[BaseHTTPRequestHandler]:
    return type("BoundHandler", (_Handler,), {"stub": stub})


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
