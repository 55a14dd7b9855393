from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chat.context import beginning, distinct, words
from tests.chat.passages import HARBOUR, LIGHTHOUSE, passage

NEWER = datetime(2026, 5, 1, tzinfo=UTC)


def test_near_duplicates_are_dropped_and_the_better_ranked_stays() -> None:
    first, other, twin = passage(LIGHTHOUSE, 1), passage(HARBOUR, 2), passage(LIGHTHOUSE.upper() + " !", 3)
    assert distinct([first, other, twin]) == [first, other]


def test_the_fresher_document_wins_a_tie() -> None:
    first, twin = passage(LIGHTHOUSE, 1), replace(passage(LIGHTHOUSE, 2), score=0.995, updated=NEWER)
    assert distinct([first, twin]) == [twin]
    assert distinct([first, replace(twin, score=0.5)]) == [first]


def test_passages_that_differ_in_a_figure_both_stay() -> None:
    old, new = passage(LIGHTHOUSE, 1), passage(LIGHTHOUSE.replace("42", "44"), 2)
    assert distinct([old, new]) == [old, new]


def test_a_passage_within_another_adds_nothing() -> None:
    assert len(distinct([passage(LIGHTHOUSE + " " + HARBOUR, 1), passage(HARBOUR, 2)])) == 1
    assert len(distinct([passage(HARBOUR, 1), passage(LIGHTHOUSE + " " + HARBOUR, 2)])) == 2


@pytest.mark.parametrize(
    ("text", "count"), [("two words", 2), ("灯塔很高啊", 5 / 1.5), ("Vue 是框架", 1 + 3 / 1.5), ("", 0)]
)
def test_words(text: str, count: float) -> None:
    assert words(text) == pytest.approx(count)


def test_a_beginning_ends_at_a_sentence_where_one_does() -> None:
    assert beginning(LIGHTHOUSE, 60, len) == "The lighthouse was built in 1897. It is 42 metres high."
    assert beginning(LIGHTHOUSE, 20, len) == LIGHTHOUSE[:20]
    assert beginning(LIGHTHOUSE, 1000, len) == LIGHTHOUSE
