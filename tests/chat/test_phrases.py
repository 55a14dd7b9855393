import pytest

from chat.phrases import phrases


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("产假有多少天", ["产假"]),
        ("年假是多少天？", ["年假"]),
        ("How many days of holiday are there?", ["many", "days", "holiday"]),
        ("谁可以删除知识库", ["删除知识库"]),
    ],
)
def test_only_words_that_carry_the_topic(text: str, expected: list[str]) -> None:
    assert phrases(text) == expected


def test_what_is_present_already_is_left_out() -> None:
    assert phrases("lighthouse harbour", {"lighthous"}) == ["harbour"]
