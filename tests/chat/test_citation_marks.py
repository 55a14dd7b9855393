import pytest

from chat.citation_marks import Mark, canonical, take_out


@pytest.mark.parametrize(
    ("answer", "bare", "numbers"),
    [
        ("It is high [1].", "It is high.", [1]),
        ("It is high. [1][2]", "It is high.", [1, 2]),
        ("高四十二米【1】。", "高四十二米。", [1]),
        ("Both [1, 2] and [2、3]", "Both and", [1, 2, 2, 3]),
        ("All [1-3]", "All", [1, 2, 3]),
        ("Footnote[^2]", "Footnote", [2]),
        ("No mark", "No mark", []),
        ("A [link](http://x) and [2](http://x)", "A [link](http://x) and [2](http://x)", []),
        ("Code `a[1]` and\n```\nb[2]\n```", "Code `a[1]` and\n```\nb[2]\n```", []),
    ],
)
def test_marks_are_taken_out(answer: str, bare: str, numbers: list[int]) -> None:
    text, marks = take_out(answer)
    assert text == bare
    assert [mark.n for mark in marks] == numbers


def test_a_long_range_is_not_spread_out() -> None:
    assert [mark.n for mark in take_out("In [1-500].")[1]] == [1]


def test_canonical_form_can_be_taken_apart_again() -> None:
    bare, marks = take_out("高【1】。It is high [1,2]. Yes [3]")
    text = canonical(bare, marks)
    assert text == "高[1]。It is high [1][2]. Yes [3]"
    assert take_out(text) == (bare, marks)


def test_canonical_leaves_out_what_is_not_given() -> None:
    assert canonical("It is high.", [Mark(2, 10)]) == "It is high [2]."
