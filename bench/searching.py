"""Searches over HTTP and their times, by one client or several at once."""

import http.client
import json
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.e2e.conftest import Api

TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of each search, and the seconds that all took together."""

    ms: tuple[float, ...]
    seconds: float

    def figures(self) -> dict[str, float]:
        ordered = sorted(self.ms)
        if not ordered:
            return {}
        return {
            "p50_ms": round(ordered[len(ordered) // 2], 1),
            "p95_ms": round(ordered[len(ordered) * 95 // 100], 1),
            "per_s": round(len(ordered) / self.seconds, 1),
        }

    def __add__(self, other: "Times") -> "Times":
        return Times(self.ms + other.ms, self.seconds + other.seconds)


NONE = Times((), 0.0)


class Searcher:
    """A client with one open connection for each of its threads. It shares the processors with the site, so
    it does as little as possible: answers are read and not parsed."""

    def __init__(self, api: Api, collections: Sequence[str]) -> None:
        self._port = api.site.port
        self._headers = {"Authorization": f"Bearer {api.key}", "Content-Type": "application/json"}
        self._collections = list(collections)
        self._own = threading.local()

    def once(self, query: str) -> float:
        """Milliseconds of one search. Raises ``SystemExit`` where the site does not answer with hits."""
        body = json.dumps({"query": query, "collections": self._collections})
        began = time.perf_counter()
        connection = self._connection()
        connection.request("POST", "/api/v1/search", body, self._headers)
        answer = connection.getresponse()
        text = answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            raise SystemExit(f"a search was answered with {answer.status}: {text[:500]!r}")
        return took

    def all(self, queries: Iterable[str], clients: int = 1) -> Times:
        """By so many clients at once, each with its next question as soon as it has its answer."""
        began = time.perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            ms = tuple(pool.map(self.once, queries))
        return Times(ms, time.perf_counter() - began)

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._own, "connection"):
            self._own.connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_S)
        connection: http.client.HTTPConnection = self._own.connection
        return connection
