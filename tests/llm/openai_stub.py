"""A loopback HTTP server that speaks OpenAI's chat completions, with the ways in which servers differ.

It is a server of its own over real sockets: the client under test does not know it from another one.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Recorded:
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: Any


@dataclass
class Reply:
    """What one request gets: a whole body, or the ``pieces`` of an event stream.

    ``split`` cuts the bytes into TCP writes of that size; ``delay_s`` waits before each of ``pieces``;
    ``chunked`` false ends the body by closing; ``drop`` closes without the last chunk.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    pieces: Iterable[str] | None = None
    split: int = 0
    delay_s: float = 0.0
    chunked: bool = True
    drop: bool = False


def chunk(delta: dict[str, Any] | None = None, *, finish: str | None = None, **more: Any) -> str:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    data = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices}
    return f"data: {json.dumps(data | more, ensure_ascii=False)}\n\n"


def spoken(*texts: str, usage: bool = True, done: bool = True) -> list[str]:
    """A well-behaved stream: role first, then ``texts``, the reason to finish, usage, ``[DONE]``."""
    pieces = [chunk({"role": "assistant", "content": ""}), *(chunk({"content": text}) for text in texts)]
    pieces.append(chunk({}, finish="stop"))
    if usage:
        numbers = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
        pieces.append(chunk(None, usage=numbers))
    return [*pieces, "data: [DONE]\n\n"] if done else pieces


class OpenAIStub:
    """``replies`` are used up in order; the last one stays. ``requests`` records what came."""

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self.replies: list[Reply | Callable[[Recorded], Reply]] = [Reply(pieces=spoken("Hello."))]
        self.models: list[str] = ["stub-model"]
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def chats(self) -> list[Recorded]:
        return [request for request in self.requests if request.path == "/v1/chat/completions"]

    def say(self, *texts: str, **options: Any) -> None:
        self.replies = [Reply(pieces=spoken(*texts), **options)]

    def fail(self, status: int, error: Any, **headers: str) -> None:
        body = {"error": error} if isinstance(error, dict) else error
        self.replies = [
            Reply(status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})
        ]

    def next_reply(self, request: Recorded) -> Reply:
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return reply(request) if callable(reply) else reply

    @contextmanager
    def serving(self) -> Iterator["OpenAIStub"]:
        thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Bound to one stub by a subclass that ``_handler`` makes."""

    stub: OpenAIStub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.stub.requests.append(Recorded("GET", self.path, _lower(self.headers), None))
        self._whole(Reply(body={"object": "list", "data": [_model(name) for name in self.stub.models]}))

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        request = Recorded("POST", self.path, _lower(self.headers), json.loads(self.rfile.read(length)))
        self.stub.requests.append(request)
        reply = self.stub.next_reply(request)
        try:
            self._whole(reply) if reply.pieces is None else self._stream(reply)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _whole(self, reply: Reply) -> None:
        text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        data = text.encode()
        self._head(reply, {"Content-Type": "application/json", "Content-Length": str(len(data))})
        self.wfile.write(data)

    def _stream(self, reply: Reply) -> None:
        transfer = {"Transfer-Encoding": "chunked"} if reply.chunked else {"Connection": "close"}
        self._head(reply, {"Content-Type": "text/event-stream"} | transfer)
        for piece in reply.pieces or ():
            time.sleep(reply.delay_s)
            data = piece.encode()
            size = reply.split or max(1, len(data))
            for start in range(0, len(data), size):
                self._write(data[start : start + size], reply)
        if reply.drop or not reply.chunked:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _write(self, data: bytes, reply: Reply) -> None:
        framed = b"%x\r\n%s\r\n" % (len(data), data) if reply.chunked else data
        self.wfile.write(framed)
        self.wfile.flush()

    def _head(self, reply: Reply, headers: dict[str, str]) -> None:
        self.send_response(reply.status)
        for name, value in (headers | reply.headers).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return None


def _handler(stub: OpenAIStub) -> type[BaseHTTPRequestHandler]:
    return type("BoundHandler", (_Handler,), {"stub": stub})


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1, "owned_by": "stub"}
