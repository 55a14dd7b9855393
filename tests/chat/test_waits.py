"""Words for a wait: why, and for how long, in numbers that do not change all the time."""

import pytest

from chat.waits import in_words
from llm.types import Pause


@pytest.mark.parametrize(
    ("pause", "words"),
    [
        (Pause("loading", 44.2), "being loaded, about 45 s"),
        (Pause("loading", 40.1), "being loaded, about 45 s"),
        (Pause("loading", 6.2), "being loaded, about 7 s"),
        (Pause("loading"), "being loaded…"),
        (Pause("limited", 60), "no more questions for the moment, about 60 s"),
        (Pause("failed", 3), "asked again in about 3 s"),
        (Pause("turn"), "waits for its turn"),
    ],
)
def test_a_wait_in_words(pause: Pause, words: str) -> None:
    assert words in in_words(pause)


@pytest.mark.parametrize("reason", ["loading", "limited", "failed"])
def test_what_is_over_at_once_is_not_told(reason: str) -> None:
    assert in_words(Pause(reason, 0.4)) == ""  # type: ignore[arg-type]
