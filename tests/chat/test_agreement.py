import pytest

from chat.agreement import disagreement

RULES = (
    "Editors may add files, but they may not delete the collection. "
    "Beans belong in a tin, never in the fridge."
)
GUIZE = "编辑者可以添加文件，但不得删除知识库。会员不得不提前预约。"


@pytest.mark.parametrize(
    ("claim", "passage", "code"),
    [
        ("Editors may delete the collection.", RULES, "negation"),
        ("Editors may not add files.", RULES, "negation"),
        ("Beans belong in the fridge.", RULES, "negation"),
        ("编辑者可以删除知识库。", GUIZE, "negation"),
        ("编辑者不可以添加文件。", GUIZE, "negation"),
        ("The risk rose by 18 percent.", "The risk fell by 18 percent.", "opposite"),
        ("风险增加了18%。", "风险降低了18%。", "opposite"),
        ("It opens at 6:30.", "It opens at 7:30.", "figure_missing"),
        ("It is 8 metres high.", "It is 42 metres high and 8 metres wide.", "figure_elsewhere"),
        ("It was rebuilt in 1897.", "It was founded in 1897, and rebuilt in 1950.", "figure_elsewhere"),
        ("The keeper was Nils Berg.", "The keeper was Ada Holm.", "name_missing"),
    ],
)
def test_contradictions(claim: str, passage: str, code: str | None) -> None:
    found = disagreement(claim, [passage])
    assert (found.code if found else None) == code


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("Editors may add files.", RULES),
        ("Do not put beans in the fridge.", RULES),
        ("编辑者不能删除知识库。", GUIZE),
        ("会员需要提前预约。", GUIZE),
        ("Members berth for free.", "Members pay nothing."),
        ("The Norwegian boats come first.", "Boats from Norway come first."),
        ("It is not only high but also wide.", "It is high and wide."),
        ("Redis is not required.", "Redis is optional."),
        ("它是否开放取决于天气。", "开放取决于天气。"),
    ],
)
def test_agreement(claim: str, passage: str) -> None:
    assert disagreement(claim, [passage]) is None
