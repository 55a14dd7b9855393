"""Requests to Baidu Qianfan v1: the token service, the chat services and the prompt templates.

Source: github.com/baidubce/bce-qianfan-sdk. Credentials and tokens travel in the query, so the query is
kept out of every log line.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from llm import ernie_errors, server_errors
from llm.ernie_token import Credentials, FreshToken
from llm.server_errors import Place

if TYPE_CHECKING:
    import httpx2

BASE_URL = "https://aip.baidubce.com"
TOKEN_PATH = "/oauth/2.0/token"
CONNECT_S = 10.0
TOKEN_TIMEOUT_S = 10.0
MOST_CONNECTIONS = 1000


class Wire:
    """Safe to use from several threads. ``timeout_s`` bounds the wait for the head of a reply."""

    def __init__(self, place: Place, *, timeout_s: float, silence_s: float) -> None:
        self.place = place
        self.silence_s = silence_s
        self.timeout_s = timeout_s

    def fetch_token(self, credentials: Credentials) -> FreshToken:
        """Raises ``AuthRefused`` in words that tell which of the two keys is wrong."""
        with self._open("POST", TOKEN_PATH, _grant(credentials), timeout_s=TOKEN_TIMEOUT_S) as response:
            body = self.parsed(response)
        if body.get("error"):
            raise ernie_errors.from_oauth(body, self.place)
        token, seconds = body.get("access_token"), body.get("expires_in")
        if not isinstance(token, str) or not isinstance(seconds, (int, float)):
            self.raise_for(response, body)
            raise ernie_errors.not_the_protocol(self.place)
        return FreshToken(token, float(seconds))

    def get(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        """The JSON object at ``path``, which holds no ``error_code``."""
        with self._open("GET", path, query, timeout_s=self.timeout_s) as response:
            body = self.parsed(response)
        self.raise_for(response, body)
        return body

    @contextmanager
    def post(
        self, path: str, query: Mapping[str, str], body: Mapping[str, Any]
    ) -> "Iterator[httpx2.Response]":
        """The head has arrived; the body is read inside."""
        longest = max(self.timeout_s, self.silence_s)
        with self._open("POST", path, query, timeout_s=longest, body=body) as response:
            yield response

    def parsed(self, response: "httpx2.Response") -> Mapping[str, Any]:
        """The body as a JSON object; an HTTP error without one is raised as what its status means."""
        text = response.read().decode("utf-8", "replace")
        try:
            body = json.loads(text)
        except ValueError:
            body = None
        if isinstance(body, Mapping):
            return body
        if response.status_code >= 400:
            raise ernie_errors.from_status(response.status_code, self.place, wait_of(response))
        raise ernie_errors.not_the_protocol(self.place, text)

    def raise_for(self, response: "httpx2.Response", body: Mapping[str, Any]) -> None:
        if body.get("error_code"):
            raise ernie_errors.from_body(body, self.place, retry_after=wait_of(response))
        if response.status_code >= 400:
            raise ernie_errors.from_status(response.status_code, self.place, wait_of(response))

    @contextmanager
    def _open(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        timeout_s: float,
        body: Mapping[str, Any] | None = None,
    ) -> "Iterator[httpx2.Response]":
        import httpx2

        head_arrived = False
        timeout = httpx2.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s))
        request = self._client.build_request(
            method, self.place.base_url + path, params=dict(query), json=body, timeout=timeout
        )
        try:
            response = self._client.send(request, stream=True)
            head_arrived = True
            try:
                yield response
            finally:
                response.close()
        except httpx2.TimeoutException as error:
            raise server_errors.silent(self.place, timeout_s) from error
        except httpx2.RequestError as error:
            trouble = server_errors.dropped if head_arrived else server_errors.unreachable
            raise trouble(self.place) from error

    @cached_property
    def _client(self) -> "httpx2.Client":
        import httpx2

        _hide_queries()
        limits = httpx2.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=100)
        return httpx2.Client(limits=limits, headers={"Accept": "application/json"})


def wait_of(response: "httpx2.Response") -> float | None:
    return server_errors.seconds(response.headers.get("retry-after"))


def _grant(credentials: Credentials) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": credentials.api_key,
        "client_secret": credentials.secret_key,
    }


class _QueriesHidden(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        import httpx2

        if isinstance(record.args, tuple):
            record.args = tuple(
                arg.copy_with(query=None) if isinstance(arg, httpx2.URL) else arg for arg in record.args
            )
        return True


@cache
def _hide_queries() -> None:
    """httpx writes the address of every request into its log."""
    logging.getLogger("httpx2").addFilter(_QueriesHidden())
