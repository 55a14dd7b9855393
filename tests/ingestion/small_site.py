"""A web server for crawls: its pages can be changed, and it remembers who asked for what and when."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PARAGRAPH = (
    "The {name} keeps its own record of the weather, which the keeper writes into a green notebook every "
    "evening before the lamp is lit. Storms are noted with their hour and their direction, and ships that "
    "passed are listed by name, so that whoever reads it later can tell what happened at the {name}."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """``status`` and ``body``, after ``seconds``. With ``validators`` an unchanged body is a 304."""

    body: bytes = b""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    validators: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: ``ended`` is when its answer was written, ``status`` 0 where nobody was there any more; both
    times in seconds of one clock."""

    path: str
    status: int
    began: float
    ended: float


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asked is gone, which tests mean to happen."""


class Site:
    """``pages`` by path with query; a function is called for an answer. ``url("/a")`` is an address."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer | Callable[[str], Answer]] = {}
        self.asked: list[Asked] = []
        self._lock = threading.Lock()
        self._open = 0
        self.most_open = 0
        self._is_away = False
        self._server = self._listening(0)
        self.port: int = self._server.server_address[1]

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def page(
        self, path: str, title: str, *links: str, text: str = "", head: str = "", language: str = "en"
    ) -> None:
        """A page with a paragraph of its own, a menu, and links."""
        self.pages[path] = Answer(html(title, *links, text=text, head=head, language=language).encode())

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        self.pages[path] = Answer(status=status, headers={"Location": to})

    def sitemap(self, path: str, *locs: str, packed: bool = False) -> None:
        rows = "".join(f"<url><loc>{self.url(loc)}</loc></url>" for loc in locs)
        body = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'.encode()
        self.pages[path] = Answer(gzip.compress(body) if packed else body, kind="application/xml")

    def paths(self) -> list[str]:
        """What was asked for, without robots.txt and sitemaps, in order."""
        return [one.path for one in self.asked if not one.path.startswith(("/robots", "/sitemap"))]

    def forget(self) -> None:
        self.asked.clear()
        self.most_open = 0

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens meanwhile, and open connections end without an answer."""
        self._is_away = True
        self.stop()
        try:
            yield
        finally:
            self._is_away = False
            self._server = self._listening(self.port)
            self.start()

    def _listening(self, port: int) -> ThreadingHTTPServer:
        server = _Quiet(("127.0.0.1", port), self._handler())
        server.daemon_threads = True
        return server

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self._open += 1
            self.most_open = max(self.most_open, self._open)
        try:
            yield
        finally:
            with self._lock:
                self._open -= 1

    def _answer(self, path: str) -> Answer:
        found = self.pages.get(path)
        if found is None:
            return Answer(html("Not here", text="There is nothing at this address.").encode(), status=404)
        return found if isinstance(found, Answer) else found(path)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if site._is_away:
                    self.close_connection = True
                    return
                began = time.monotonic()
                with site._counted():
                    answer = site._answer(self.path)
                    time.sleep(answer.seconds)
                    try:
                        status = self._send(answer)
                    except OSError:
                        status = 0
                site.asked.append(Asked(self.path, status, began, time.monotonic()))

            def _send(self, answer: Answer) -> int:
                etag = f'"{sha256(answer.body).hexdigest()[:16]}"'
                known = answer.validators and self.headers.get("If-None-Match") == etag
                status = 304 if known and answer.status == 200 else answer.status
                body = b"" if status == 304 else answer.body
                self.send_response(status)
                if answer.kind:
                    self.send_header("Content-Type", answer.kind)
                if answer.validators:
                    self.send_header("ETag", etag)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                return status

            def log_message(self, *_: object) -> None:
                """Silent."""

        return Handler


def html(title: str, *links: str, text: str = "", head: str = "", language: str = "en") -> str:
    items = "".join(f'<li><a href="{link}">{link}</a></li>' for link in links)
    body = text or PARAGRAPH.format(name=title)
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><title>{title}</title>{head}</head><body>'
        f'<nav><ul><li><a href="/">Home</a></li></ul></nav><main><h1>{title}</h1><p>{body}</p>'
        f"<ul>{items}</ul></main><footer>All rights reserved</footer></body></html>"
    )
