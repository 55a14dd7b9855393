"""A web server that does what it is told, byte by byte: what no honest server library would send.

`with HostileSite({"/slow": repeat(b"x", every_s=0.1)}) as site: site.url("/slow")`. An act gets the call and
answers it as it likes; when it returns false, the connection is closed.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Act = Callable[["Call"], bool | None]


@dataclass
class Call:
    """One request as it came: ``send`` answers it."""

    sock: socket.socket
    path: str
    headers: dict[str, str]
    stopping: threading.Event

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)


@dataclass
class HostileSite:
    """Serves ``acts`` by path on a port of 127.0.0.1, TLS where ``context`` is given; remembers who came."""

    acts: dict[str, Act]
    context: ssl.SSLContext | None = None
    calls: list[Call] = field(default_factory=list)
    connections: int = 0
    names: list[str | None] = field(default_factory=list)

    def __enter__(self) -> "HostileSite":
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        if self.context is not None:
            self.context.sni_callback = lambda _sock, name, _context: self.names.append(name)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopping.set()
        self._listener.close()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{'https' if self.context else 'http'}://{host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [call.path for call in self.calls]

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _peer = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context is not None:
                sock = self.context.wrap_socket(sock, server_side=True)
            with sock, sock.makefile("rb") as lines:
                while call := self._read_call(sock, lines):
                    self.calls.append(call)
                    act = self.acts.get(call.path.partition("?")[0], status(404))
                    if act(call) is False:
                        return

    def _read_call(self, sock: socket.socket, lines) -> Call | None:
        first = lines.readline().decode("latin-1").split()
        if len(first) < 2:
            return None
        headers = {}
        while line := lines.readline().strip():
            name, _colon, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return Call(sock, first[1], headers, self._stopping)


def answer(body: bytes = b"", *, code: str = "200 OK", **headers: str) -> bytes:
    """An honest answer; ``content_type="…"`` becomes a header."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"content-length": len(body), **given}.items())
    return f"HTTP/1.1 {code}\r\n{lines}\r\n".encode("latin-1") + body


def page(body: bytes = b"", *, code: str = "200 OK", **headers: str) -> Act:
    return lambda call: call.send(answer(body, code=code, **headers))


def status(code: int, **headers: str) -> Act:
    return page(b"no", code=f"{code} So", **headers)


def redirect(location: str, code: int = 302) -> Act:
    return page(b"", code=f"{code} Elsewhere", location=location)


def raw(data: bytes) -> Act:
    """Exactly these bytes, then the end of the connection."""

    def act(call: Call) -> bool:
        call.send(data)
        return False

    return act


def reset_after(data: bytes) -> Act:
    """These bytes, then a reset instead of an end."""

    def act(call: Call) -> bool:
        call.send(data)
        time.sleep(0.1)
        call.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        return False

    return act


def repeat(piece: bytes, *, head: bytes = b"", every_s: float = 0.0) -> Act:
    """``head``, then ``piece`` for ever, or until the other side has had enough."""

    def act(call: Call) -> bool:
        call.send(head)
        while not call.stopping.wait(every_s) if every_s else not call.stopping.is_set():
            call.send(piece)
        return False

    return act


def silence(call: Call) -> bool:
    """No answer at all."""
    call.stopping.wait()
    return False
