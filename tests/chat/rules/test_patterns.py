import pytest

from chat.rules import patterns
from chat.rules.patterns import BadPattern, Timed, TooSlow


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", r"is broken: a “\(” is not closed"),
        ("ab[z-a]", "broken at character .: a range such as a-z runs backwards"),
        ("[a-", "a “\\[” is not closed"),
        ("a**", "two signs of repetition"),
        ("a\\", "single backslash"),
        ("(?<n", "is broken"),
        ("x*", "empty text"),
        ("(a|aa)+$", "too long"),
        ("secret(.+)+key", "too long"),
        # One that the matcher itself cannot interrupt.
        ("(?:(?:(?:(?:a?){200}){200}){200}){200}b", "too long"),
        ("a" * 301, "300 characters"),
    ],
)
def test_patterns_that_are_refused_when_they_are_saved(
    pattern: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patterns, "_TRIAL_S", 1)
    with pytest.raises(BadPattern, match=said):
        patterns.check([r"E\d{6}", pattern])


def test_ordinary_patterns_are_taken() -> None:
    patterns.check(
        [r"contract\s+no\.?\s*\d{6}", r"合同号[:：]?\s*\d{6,}", r"(\d+[ -]?)+\b", r"\b(?:damn|cr[a@]p)\b"]
    )


def test_a_pattern_that_is_too_slow_ends() -> None:
    slow = Timed("(a|aa)+$")
    with pytest.raises(TooSlow):
        slow.found("a" * 80 + "!", partial=False)
