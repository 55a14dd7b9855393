import pytest

from chat.clauses import clauses, clauses_without, content_terms, nearest
from search import analysis


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("It costs 1,500 crowns, but not in May.", ["It costs 1,500 crowns", "but not in May."]),
        ("Backups run at 02:30 and are encrypted.", ["Backups run at 02:30", "are encrypted."]),
        ("游客可以登塔，但不得进入灯室。", ["游客可以登塔", "但不得进入灯室。"]),
    ],
)
def test_where_clauses_end(text: str, parts: list[str]) -> None:
    assert [clause.text for clause in clauses(text)] == parts


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("It may not leave", True),
        ("It can't be", True),
        ("It is high", False),
        ("不得进入", True),
        ("会员不得不预约", False),
        ("是否开放", False),
        ("非常重要", False),
        ("不仅高", False),
    ],
)
def test_negation(text: str, negated: bool) -> None:
    assert clauses(text)[0].negated is negated


def test_the_nearest_clauses() -> None:
    (said,) = clauses("The tower is red")
    theirs = clauses("The tower is high. The harbour is old.")
    assert nearest(said, theirs, 0.5) == [theirs[0]]
    assert nearest(said, theirs, 0.9) == []


def test_content_leaves_out_figures_modals_and_negations() -> None:
    assert set(content_terms("The 42 boats must not leave")) == {"boat", "leav"}
    assert "删除" in content_terms("不得删除四十二个")


def test_a_clause_that_nothing_holds_is_named() -> None:
    words = set(analysis.tokens("Mooring costs 12 crowns a month."))
    claim = "Mooring costs 12 crowns a month, and electric power is part of it."
    assert clauses_without(claim, words) == ["and electric power is part of it."]
