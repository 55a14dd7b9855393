import pytest

from chat.citation_marks import Mark, canonical, take_out, understood


@pytest.mark.parametrize(
    ("answer", "bare", "numbers"),
    [
        ("It is high [1].", "It is high.", [1]),
        ("It is high. [1][2]", "It is high.", [1, 2]),
        ("高四十二米【1】。", "高四十二米。", [1]),
        ("Both [1, 2] and [2、3]", "Both and", [1, 2, 2, 3]),
        ("All [1-3]", "All", [1, 2, 3]),
        ("Footnote[^2]", "Footnote", [2]),
        ("Wide［１］ and〔2〕", "Wide and", [1, 2]),
        ("高【1†source】。", "高。", [1]),
        ("高（来源1）。低[来源：2、来源3]", "高。低", [1, 2, 3]),
        ("High (source 2). Low [Source 1, Source 3]", "High. Low", [2, 1, 3]),
        ("High [1 and 2].", "High.", [1, 2]),
        ("In (2) cases, or (see page 3)", "In (2) cases, or (see page 3)", []),
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


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("It is high (1). It is old (2).", "It is high[1]. It is old[2]."),
        ("灯塔很高（1）。", "灯塔很高[1]。"),
        ("It is high. (1)\nAnd old (1, 2)", "It is high.[1]\nAnd old[1, 2]"),
        ("(1) Open it. (2) Close it.", "(1) Open it. (2) Close it."),
        ("It is high [1] (2).", "It is high [1] (2)."),
        ("It is high (7).", "It is high (7)."),
        ("It is high<sup>1</sup>.", "It is high[1]."),
        ("According to source 1 it is high.", "According to source 1[1] it is high."),
        ("根据来源2，它很高。", "根据来源2[2]，它很高。"),
        ("Open source 10 is fine.", "Open source 10 is fine."),
        ("It is high [1].\n\nSources:\n[1] Handbook, page 3\n[2] Guide", "It is high [1]."),
        ("很高[1]。\n\n**参考资料：**\n- [1] 手册", "很高[1]。"),
        ("`f(1)`.", "`f(1)`."),
    ],
)
def test_what_a_model_may_have_meant(answer: str, text: str) -> None:
    assert understood(answer, {1, 2}) == text
