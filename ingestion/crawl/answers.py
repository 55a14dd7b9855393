"""What a server's answer means: a body within its limits, a failure that may pass, a wait it asks for."""

import email.utils
import ssl
import time
from collections.abc import Mapping

from django.utils.translation import gettext_noop
from requests import Response
from requests import exceptions as requests_errors
from urllib3.exceptions import DecodeError, HTTPError
from urllib3.response import HTTPResponse

from ingestion.crawl.connections import Trip
from ingestion.crawl.errors import FetchFailed

DECODED = frozenset(HTTPResponse.CONTENT_DECODERS)
MOST_LAYERS = 2
PIECE = 64 * 1024
LONGEST_WAIT_S = 7 * 24 * 3600.0

TOO_LARGE = gettext_noop("The page is larger than allowed.")
TOO_SLOW = gettext_noop("The site took too long to answer. Try again later.")
UNREACHABLE = gettext_noop("The site could not be reached. Try again later.")
NO_TRUST = gettext_noop("The site's certificate is not valid, so it is not known whose page this is.")
NO_TLS = gettext_noop("No secure connection to the site could be made.")
BROKEN = gettext_noop("The site broke off its answer, or sent one that cannot be read. Try again later.")
BAD_PACKING = gettext_noop("The page is compressed in a way that cannot be read.")
GONE = gettext_noop("There is no page at this address.")
NO_ENTRY = gettext_noop("The site shows this page only to people who sign in, or refuses to show it.")
SLOW_DOWN = gettext_noop("The site asks to be left alone for a while.")
SITE_ERROR = gettext_noop("The site has a problem of its own. Try again later.")
UNKNOWN_STATUS = gettext_noop("The site answered with a status that gives no page.")

# Statuses that say "not now".
_PASSING = frozenset({408, 421, 425, 429})
_LASTING = frozenset({501, 505, 506, 510})


def read_body(response: Response, trip: Trip, most: int) -> bytes:
    """The body, unpacked: never more than ``most`` bytes of it are held, packed or not.

    Raises ``FetchFailed``, and what ``requests`` and ``urllib3`` raise for broken answers.
    """
    _check_packing(response.headers)
    declared = response.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared[:20]) > most:
        raise too_large()
    parts, size = [], 0
    for part in response.raw.stream(PIECE, decode_content=True):
        size += len(part)
        if size > most:
            raise too_large()
        trip.left_s()
        parts.append(part)
    return b"".join(parts)


def too_large() -> FetchFailed:
    return FetchFailed(TOO_LARGE, code="too_large")


def bad_status(response: Response) -> FetchFailed:
    """The failure that a status without a page is."""
    status = response.status_code
    is_passing = status in _PASSING or (status >= 500 and status not in _LASTING)
    return FetchFailed(
        _sentence(status),
        status=status,
        is_passing=is_passing,
        retry_after_s=retry_after_s(response.headers) if is_passing else None,
        detail=f"HTTP {status}",
        code=f"http_{status}",
    )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """How long the server asks to wait: seconds, or a date, which is held against the server's own clock."""
    asked = headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        return min(float(asked[:12]), LONGEST_WAIT_S)
    until = _timestamp(asked)
    if until is None:
        return None
    now = _timestamp(headers.get("Date", "")) or time.time()
    return min(max(until - now, 0.0), LONGEST_WAIT_S)


def failure(error: Exception, trip: Trip) -> FetchFailed:
    """What an exception of ``requests``, ``urllib3`` or the socket means for people."""
    if trip.bytes_left < 0:
        return too_large()
    if trip.is_late or isinstance(error, requests_errors.Timeout | TimeoutError):
        return FetchFailed(TOO_SLOW, is_passing=True, code="too_slow")
    secure = _cause(error, ssl.SSLError)
    if isinstance(secure, ssl.SSLCertVerificationError):
        return FetchFailed(NO_TRUST, detail=secure.verify_message, code="bad_certificate")
    if isinstance(error, requests_errors.SSLError):
        return FetchFailed(NO_TLS, is_passing=secure is None or "EOF" in str(secure), code="no_tls")
    if trip.is_fresh and not trip.is_connected:
        return FetchFailed(UNREACHABLE, is_passing=True, code="unreachable")
    if isinstance(error, DecodeError):
        return FetchFailed(BAD_PACKING, code="bad_packing")
    return FetchFailed(BROKEN, is_passing=True, code="broken")


# All that a hostile answer makes the libraries raise.
ERRORS: tuple[type[Exception], ...] = (requests_errors.RequestException, HTTPError, OSError, ValueError)


def _check_packing(headers: Mapping[str, str]) -> None:
    layers = [name.strip() for name in headers.get("Content-Encoding", "").lower().split(",")]
    layers = [name for name in layers if name and name != "identity"]
    if len(layers) > MOST_LAYERS or not DECODED.issuperset(layers):
        raise FetchFailed(BAD_PACKING, code="bad_packing")


def _sentence(status: int) -> str:
    if status in (404, 410):
        return GONE
    if status in (401, 402, 403, 407, 451):
        return NO_ENTRY
    if status in (429, 503):
        return SLOW_DOWN
    return SITE_ERROR if status >= 500 else UNKNOWN_STATUS


def _timestamp(date: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _cause(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    """The first of ``kind`` among an error, what it wraps and what led to it."""
    waiting: list[object] = [error]
    for _ in range(20):
        if not waiting:
            break
        one = waiting.pop(0)
        if isinstance(one, kind):
            return one
        if isinstance(one, BaseException):
            waiting += [getattr(one, "reason", None), one.__cause__, one.__context__, *one.args]
    return None
