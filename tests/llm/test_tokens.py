"""The estimate is careful: what real vocabularies need for a text is not more."""

import pytest

from llm.tokens import estimate


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("The lighthouse is high. ", 0.3),
        ("灯塔很高", 1.0),
        ("маяк", 0.6),
        ("φάρος", 0.6),
        ("منارة", 0.8),
        ("ประภาคาร", 1.0),
        ("प्रकाशस्तंभ", 1.0),
        ("🏮", 1.0),
    ],
)
def test_the_tokens_of_a_character(text: str, rate: float) -> None:
    many = text * 1000
    assert estimate(many) == pytest.approx(len(many) * rate, abs=2)


def test_scripts_add_up() -> None:
    assert estimate("tower " * 100 + "маяк" * 100 + "灯塔" * 100) == pytest.approx(180 + 240 + 200, abs=2)
