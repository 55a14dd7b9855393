import pytest

from search.figures import claimed, held


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("It is 42 metres high", {"42"}),
        ("forty-two metres", {"42"}),
        ("two hundred and fifty", {"250"}),
        ("高四十二米", {"42"}),
        ("两百五十人", {"250"}),
        ("1,500,000 people", {"1500000"}),
        ("1.5 million people", {"1500000"}),
        ("150万人", {"1500000"}),
        ("建于一八九七年", {"1897"}),
        ("5 March 2024", {"5", "month 3", "2024"}),
        ("2024-03-05", {"5", "month 3", "2024"}),
        ("2024年3月5日", {"5", "month 3", "2024"}),
        ("八月三日", {"3", "month 8"}),
        ("at 10 p.m.", {"22"}),
        ("晚上十点", {"22"}),
        ("version 3.4.1", {"3.4.1"}),
        ("00:30 and 02", {"0", "30", "2"}),
        ("weekly, on Mondays", {"every week", "weekday 0"}),
        ("每周日", {"weekday 6"}),
        ("每月", {"every month"}),
        ("it may go on", set()),
        ("one of them", set()),
        ("一个统一的十分重要的例子", set()),
        ("万一下雨，千万不要出海", set()),
    ],
)
def test_what_a_statement_claims(text: str, values: set[str]) -> None:
    assert {figure.value for figure in claimed(text)} == values


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        ("42", "forty-two"),
        ("22:00", "10 p.m."),
        ("10 p.m.", "22:00"),
        ("March 5", "2024-03-05"),
        ("3", "the third"),
    ],
)
def test_a_source_is_read_in_every_way(statement: str, source: str) -> None:
    assert {figure.value for figure in claimed(statement)} <= held(source)


def test_small_numbers_in_words_may_be_counts() -> None:
    assert [figure.soft for figure in claimed("three ways")] == [True]
    assert [figure.soft for figure in claimed("3 ways")] == [False]
