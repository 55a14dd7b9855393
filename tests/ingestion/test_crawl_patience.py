"""Whose failure it is, that of a page or that of its site."""

import time

import pytest

from ingestion.crawl.errors import FetchFailed
from ingestion.crawl_patience import RETRY_S, SILENCE_S, Patience

PAGE, NEIGHBOUR = "https://example.org/a", "https://example.org/b"
AWAY = FetchFailed("Away.", is_passing=True, code="unreachable")
ASKS = FetchFailed("Wait.", status=429, is_passing=True, retry_after_s=2.0, code="http_429")
BUSY = FetchFailed("Busy.", status=503, is_passing=True, code="http_503")


def test_a_site_that_answered_before_is_waited_for() -> None:
    patience = Patience(heard_before=False)
    assert patience.excuse_s(PAGE, AWAY) is None
    patience.heard(NEIGHBOUR)
    assert patience.excuse_s(PAGE, AWAY) == RETRY_S
    assert patience.excuse_s("https://other.example/a", AWAY) is None
    assert Patience(heard_before=True).excuse_s(PAGE, AWAY) == RETRY_S


def test_a_site_that_asks_to_wait_is_there() -> None:
    patience = Patience(heard_before=False)
    waits = [patience.excuse_s(PAGE, ASKS) for _time in range(9)]
    assert waits == [2.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


@pytest.mark.parametrize(
    "error",
    [
        BUSY,
        FetchFailed("Slow.", is_passing=True, code="too_slow"),
        FetchFailed("No.", status=404, code="http_404"),
        FetchFailed("No trust.", code="bad_certificate"),
    ],
)
def test_what_is_a_pages_own_counts(error: FetchFailed) -> None:
    patience = Patience(heard_before=True)
    patience.heard(PAGE)
    assert patience.excuse_s(PAGE, error) is None


def test_patience_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    patience = Patience(heard_before=False)
    patience.heard(PAGE)
    later = time.monotonic() + SILENCE_S + 1
    with monkeypatch.context() as patched:
        patched.setattr("ingestion.crawl_patience.time.monotonic", lambda: later)
        assert patience.excuse_s(PAGE, AWAY) is None
        patience.heard(NEIGHBOUR)
        assert patience.excuse_s(PAGE, AWAY) == RETRY_S
