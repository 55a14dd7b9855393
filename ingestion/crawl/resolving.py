"""From a host's name to addresses that have been checked, asked for once for each connection."""

import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence

from django.utils.translation import gettext_noop

from ingestion.crawl import guarding
from ingestion.crawl.errors import Blocked, FetchFailed
from ingestion.crawl.guarding import AddressRules, IPAddress, Target

logger = logging.getLogger(__name__)

# From a name to what the servers of names say, in the order to try. Raises ``OSError``.
Resolver = Callable[[str], Sequence[str]]

KEPT_S = 30.0
MOST_KEPT = 1024

NO_HOST = gettext_noop("No computer of this name was found. Check how the address is written.")
NAMES_AWAY = gettext_noop("The name of the site could not be looked up. Try again later.")


def ask_system(host: str) -> list[str]:
    """The addresses that this machine knows for ``host``."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class CheckedNames:
    """The addresses of hosts. All that a name has are checked, and one bad one refuses the name.

    What was checked is kept for half a minute and used as it is, never asked for again in between, so a
    second answer of the DNS has nothing to act on. Safe for threads.
    """

    def __init__(self, rules: AddressRules, resolver: Resolver = ask_system) -> None:
        self._rules = rules
        self._resolver = resolver
        self._kept: dict[str, tuple[float, tuple[IPAddress, ...]]] = {}
        self._lock = threading.Lock()

    def addresses(self, target: Target, *, within_s: float) -> tuple[IPAddress, ...]:
        """Where to connect to, the one to try first in front. Raises ``Blocked`` or ``FetchFailed``."""
        if target.literal is not None:
            return (guarding.judge(target.literal, self._rules),)
        with self._lock:
            until, kept = self._kept.get(target.host, (0.0, ()))
        if time.monotonic() < until:
            return kept
        return self._keep(target.host, self._check(target.host, self._ask(target.host, within_s)))

    def prefer(self, host: str, address: IPAddress) -> None:
        """``address`` answered: it is tried first from now on."""
        with self._lock:
            until, kept = self._kept.get(host, (0.0, ()))
            if kept and kept[0] != address and address in kept:
                others = tuple(other for other in kept if other != address)
                self._kept[host] = (until, (address, *others))

    def _keep(self, host: str, addresses: tuple[IPAddress, ...]) -> tuple[IPAddress, ...]:
        with self._lock:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[host] = (time.monotonic() + KEPT_S, addresses)
        return addresses

    def _check(self, host: str, answers: Sequence[str]) -> tuple[IPAddress, ...]:
        only_listed = guarding.is_local_name(host)
        try:
            found = [ipaddress.ip_address(answer) for answer in answers]
        except ValueError as error:
            raise Blocked(guarding.NOT_PUBLIC, code="blocked_network") from error
        if not found:
            raise FetchFailed(NO_HOST, code="no_host")
        try:
            return tuple(guarding.judge(address, self._rules, only_listed=only_listed) for address in found)
        except Blocked:  # people are not told what is behind the names of a network that is not theirs
            logger.warning("%s is not crawled, since it leads to %s", host, ", ".join(map(str, found)))
            raise

    def _ask(self, host: str, within_s: float) -> Sequence[str]:
        """The C library cannot be interrupted, so a thread waits for it."""
        answer: list[Sequence[str] | Exception] = []

        def ask() -> None:
            try:
                answer.append(self._resolver(host))
            except (OSError, UnicodeError) as error:
                answer.append(error)

        thread = threading.Thread(target=ask, name="crawl-names", daemon=True)
        thread.start()
        thread.join(max(within_s, 0.0))
        if not answer:
            raise FetchFailed(NAMES_AWAY, is_passing=True, code="names_away")
        if isinstance(answer[0], Exception):
            raise _failure(answer[0]) from answer[0]
        return answer[0]


def _failure(error: Exception) -> FetchFailed:
    if isinstance(error, UnicodeError) or getattr(error, "errno", None) == socket.EAI_NONAME:
        return FetchFailed(NO_HOST, code="no_host")
    return FetchFailed(NAMES_AWAY, is_passing=True, detail=str(error), code="names_away")
