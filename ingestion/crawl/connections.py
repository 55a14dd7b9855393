"""Connections to a checked address, which no server can hold longer, or fill further, than allowed.

`requests-hardened` pins too, but checks only the first of a name's addresses, knows loopback as its only
exception and no limits of time and size. So this is its idea, an adapter that puts the checked address in the
place of the host, with connections of our own that count time and bytes. A kept connection is found by its
checked address (and, with TLS, by the name it was verified for), so it can never lead elsewhere.
"""

import functools
import http.client
import io
import socket
import ssl
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import certifi
from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ingestion.crawl.guarding import IPAddress

KEPT_POOLS = 64
KEPT_IN_A_POOL = 16


@dataclass
class Trip:
    """One request on its way: where it goes, until when (on the monotonic clock), and how much may come back.

    ``is_fresh`` and ``is_connected`` are set by the connection: a new one was begun, and it stands.
    """

    address: IPAddress
    host: str
    ends: float
    header_s: float
    bytes_left: int
    is_fresh: bool = False
    is_connected: bool = False
    _headers_end: float | None = field(default=None, repr=False)

    @property
    def is_late(self) -> bool:
        return time.monotonic() >= min(self.ends, self._headers_end or self.ends)

    def left_s(self) -> float:
        """Seconds until this must be done. Raises ``TimeoutError`` when they are over."""
        left = min(self.ends, self._headers_end or self.ends) - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this request is over")
        return left

    def begin_headers(self) -> None:
        self._headers_end = time.monotonic() + self.header_s

    def end_headers(self) -> None:
        self._headers_end = None

    def spend(self, count: int) -> None:
        """``count`` bytes came. Raises ``OSError`` when they are more than were allowed."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise OSError("the answer is too large")


# The trip that this thread is on. Without one no connection is made at all.
current_trip: ContextVar[Trip] = ContextVar("current_trip")


class _WatchedReader(io.RawIOBase):
    """A socket's bytes, each piece waited for no longer than the trip may last."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, trip: Trip) -> None:
        self._raw = raw
        self._sock = sock
        self._trip = trip

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._trip.left_s())
        count: int | None = self._raw.readinto(buffer)
        self._trip.spend(count or 0)
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _WatchedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._trip = current_trip.get()
        plain: io.BufferedReader = self.fp
        self.fp = io.BufferedReader(_WatchedReader(plain.detach(), sock, self._trip))

    def begin(self) -> None:
        self._trip.begin_headers()
        super().begin()
        self._trip.end_headers()


class _Connection(HTTPConnection):
    response_class = _WatchedResponse

    def connect(self) -> None:
        trip = current_trip.get()
        trip.is_fresh = True
        super().connect()
        trip.is_connected = True


class _SecureConnection(HTTPSConnection):
    response_class = _WatchedResponse

    def connect(self) -> None:
        trip = current_trip.get()
        trip.is_fresh = True
        super().connect()
        trip.is_connected = True


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class PinnedAdapter(HTTPAdapter):
    """Sends a request to the address of the current trip, whatever its URL names. Safe for threads.

    Sends no cookies and asks no environment: that is a session's work, and there is none. ``ca_file`` holds
    further authorities to trust, beside those of the system and of Mozilla.
    """

    def __init__(self, ca_file: str = "") -> None:
        self._context = _tls_context(ca_file)
        super().__init__(pool_connections=KEPT_POOLS, pool_maxsize=KEPT_IN_A_POOL, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def cert_verify(self, *_args: Any, **_kwargs: Any) -> None:
        """The context verifies, with authorities that were loaded once."""

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        trip = current_trip.get()
        of_requests: tuple[Any, Any] = super().build_connection_pool_key_attributes(request, True, None)
        host_params, pool_kwargs = of_requests
        host_params["host"] = str(trip.address) if trip.address.version == 4 else f"[{trip.address}]"
        if host_params["scheme"] == "https":
            pool_kwargs["server_hostname"] = trip.host
        return host_params, pool_kwargs


@functools.cache  # reading all the authorities takes a while
def _tls_context(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=certifi.where())
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context
