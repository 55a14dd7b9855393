"""Whose failure it is that a page could not be had: its own, or that of its whole site."""

import time
from collections import Counter

from ingestion.crawl.errors import FetchFailed
from ingestion.crawl.politeness import host_key

SILENCE_S = 300.0
RETRY_S = 5.0
_LONGEST_S = 60.0
_ASKS = frozenset({429, 503})
_AWAY = frozenset({"unreachable", "names_away", "robots"})


class Patience:
    """A site that answered before and is away now, or asks to wait, costs no page one of its tries, unless
    it gives nothing for ``SILENCE_S``. ``heard_before``: it answered before this process began."""

    def __init__(self, *, heard_before: bool) -> None:
        self._began = time.monotonic()
        self._heard_before = heard_before
        self._heard: dict[str, float] = {}
        self._excused: Counter[str] = Counter()

    def heard(self, url: str) -> None:
        """The site of ``url`` answered."""
        self._heard[host_key(url)] = time.monotonic()

    def excuse_s(self, url: str, error: FetchFailed) -> float | None:
        """How long to wait where it is the site's failure; ``None`` where it counts as the page's own."""
        asks = error.status in _ASKS and (error.retry_after_s is not None or error.status == 429)
        heard = self._heard.get(host_key(url), self._began if asks or self._heard_before else None)
        if heard is None or not error.is_passing or not (asks or error.code in _AWAY):
            return None
        if time.monotonic() - heard > SILENCE_S:
            return None
        self._excused[url] += 1
        slowly = min(_LONGEST_S, 2.0 ** min(self._excused[url] - 1, 10))
        return max(error.retry_after_s or RETRY_S, slowly)
