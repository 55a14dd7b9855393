"""Fetching one address: every hop checked, everything limited.

The caller sees to robots.txt, scope and pace; this module to what may be reached, and that it ends. It keeps
no cookies, signs in nowhere and asks no proxy that the environment names.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from django.utils.translation import gettext_noop
from requests import Request, Response
from requests.exceptions import SSLError
from urllib3.util import Timeout
from urllib3.util.request import ACCEPT_ENCODING

from ingestion.crawl import answers, guarding
from ingestion.crawl.connections import PinnedAdapter, Trip, current_trip
from ingestion.crawl.errors import Blocked, FetchFailed
from ingestion.crawl.guarding import AddressRules, IPAddress, Target
from ingestion.crawl.resolving import CheckedNames, Resolver, ask_system

ACCEPT = (
    "text/html,application/xhtml+xml;q=0.9,application/pdf;q=0.8,text/*;q=0.7,application/xml;q=0.6,*/*;q=0.5"
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADER_BYTES = 512 * 1024

IN_A_CIRCLE = gettext_noop("The address leads in a circle: its redirects come back to where they began.")
TOO_FAR = gettext_noop("The address is redirected too often.")
NOWHERE = gettext_noop("The site redirects this address without saying where to.")


@dataclass(frozen=True)
class Limits:
    """What one fetch may use. ``body_bytes`` counts after unpacking; ``total_s`` is the time of all hops."""

    body_bytes: int = 20 * 1024 * 1024
    connect_s: float = 10.0
    header_s: float = 20.0
    total_s: float = 60.0
    redirects: int = 10


@dataclass(frozen=True)
class Fetched:
    """``url`` is the last hop's; ``headers`` have lower-case names; ``redirects`` are the hops after the
    first.

    At a status of 304 the body is empty. It is ``url`` that has not changed, so it should be the address that
    the validators came from: redirects may lead elsewhere today.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    redirects: tuple[str, ...]
    seconds: float


class Fetcher:
    """Fetches pages. Many threads may share one; connections are kept between fetches, until ``close``.

    ``resolver`` answers for names instead of this machine's own; ``ca_file`` adds authorities to trust.
    """

    def __init__(
        self,
        rules: AddressRules,
        limits: Limits,
        user_agent: str,
        *,
        resolver: Resolver = ask_system,
        ca_file: str = "",
    ) -> None:
        self._rules = rules
        self._limits = limits
        self._names = CheckedNames(rules, resolver)
        self._adapter = PinnedAdapter(ca_file)
        self._headers = {"User-Agent": user_agent, "Accept": ACCEPT, "Accept-Encoding": ACCEPT_ENCODING}

    def close(self) -> None:
        self._adapter.close()

    def fetch(
        self,
        url: str,
        *,
        etag: str = "",
        last_modified: str = "",
        on_hop: Callable[[str, int], None] | None = None,
    ) -> Fetched:
        """The page at ``url``, or a 304 where it is still what the validators say.

        ``on_hop`` is called with each address that a redirect names, and the redirect's status, before it is
        requested; what it raises ends the fetch, and its time is not counted.

        Raises ``Blocked`` and ``FetchFailed``.
        """
        began = time.monotonic()
        ends = began + self._limits.total_s
        headers = {**self._headers, **_validators(etag, last_modified)}
        target = guarding.read_address(url, self._rules)
        hops = [target.url]
        while True:
            response, trip = self._ask(target, headers, ends)
            try:
                found = self._read(response, trip)
            finally:
                _end(response)
            if isinstance(found, bytes):
                kept = {name.lower(): value for name, value in response.headers.items()}
                seconds = time.monotonic() - began
                return Fetched(target.url, response.status_code, kept, found, tuple(hops[1:]), seconds)
            target = self._next(target, found, hops)
            if on_hop is not None:
                asked = time.monotonic()
                on_hop(target.url, response.status_code)
                ends += time.monotonic() - asked

    def _next(self, target: Target, location: str, hops: list[str]) -> Target:
        """Where a redirect leads; it is added to ``hops``, all addresses so far."""
        try:
            joined = urljoin(target.url, location)
        except ValueError:
            joined = location
        try:
            following = guarding.read_address(joined, self._rules)
        except Blocked as error:
            named = "" if "@" in joined else f"→ {joined[:300]}"  # never a password
            raise Blocked(str(error).partition("\n")[0], detail=named, code=error.code) from error
        if following.url in hops:
            raise FetchFailed(IN_A_CIRCLE, code="redirects")
        if len(hops) > self._limits.redirects:
            raise FetchFailed(TOO_FAR, code="redirects")
        hops.append(following.url)
        return following

    def _read(self, response: Response, trip: Trip) -> bytes | str:
        """The body of a page, or where a redirect leads to. Raises ``FetchFailed`` for all else."""
        status = response.status_code
        if status in _REDIRECTS:
            location = _location(response)
            if not location:
                raise FetchFailed(NOWHERE, status=status, code="redirects")
            return location
        if status == 304 and _VALIDATORS & response.request.headers.keys():
            return b""
        if not 200 <= status < 300:
            raise answers.bad_status(response)
        try:
            return answers.read_body(response, trip, self._limits.body_bytes)
        except answers.ERRORS as error:
            raise answers.failure(error, trip) from error

    def _ask(self, target: Target, headers: dict[str, str], ends: float) -> tuple[Response, Trip]:
        """The answer of the first of the host's addresses that can be reached, its body not yet read."""
        left = ends - time.monotonic()
        addresses = self._names.addresses(target, within_s=min(left, self._limits.connect_s))
        for place, address in enumerate(addresses):
            trip = self._trip(target, address, ends)
            try:
                response = self._send(target, headers, trip)
            except answers.ERRORS as error:
                is_last = place + 1 == len(addresses) or isinstance(error, SSLError)
                if is_last or trip.is_connected or not trip.is_fresh or time.monotonic() >= ends:
                    raise answers.failure(error, trip) from error
            else:
                self._names.prefer(target.host, address)
                return response, trip
        raise FetchFailed(answers.UNREACHABLE, is_passing=True, code="unreachable")

    def _send(self, target: Target, headers: dict[str, str], trip: Trip) -> Response:
        """Once more where a kept connection had been closed meanwhile: that says nothing about the page."""
        try:
            return self._send_once(target, headers, trip)
        except answers.ERRORS:
            if trip.is_fresh or trip.is_late or trip.bytes_left < 0:
                raise
            trip.end_headers()
            return self._send_once(target, headers, trip)

    def _send_once(self, target: Target, headers: dict[str, str], trip: Trip) -> Response:
        request = Request("GET", target.url, headers={**headers, "Host": target.host_header}).prepare()
        left = trip.left_s()
        timeout = Timeout(connect=min(left, self._limits.connect_s), read=left)
        token = current_trip.set(trip)
        try:
            return self._adapter.send(request, stream=True, timeout=timeout)  # type: ignore[arg-type]
        finally:
            current_trip.reset(token)

    def _trip(self, target: Target, address: IPAddress, ends: float) -> Trip:
        most = self._limits.body_bytes + _HEADER_BYTES
        return Trip(address, target.host, ends, self._limits.header_s, most)


_VALIDATORS = frozenset({"If-None-Match", "If-Modified-Since"})


def _validators(etag: str, last_modified: str) -> dict[str, str]:
    given = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return {name: value for name, value in given.items() if value and value.isprintable()}


def _location(response: Response) -> str:
    """Headers come as Latin-1; what is written in UTF-8 is read as that."""
    location = response.headers.get("Location", "").strip()
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location


def _end(response: Response) -> None:
    """Give the connection back where nothing is left to read, else close it: what is left is not wanted."""
    if response.raw.length_remaining == 0 and not response.raw.closed:
        response.raw.read()
    response.raw.close()
