"""Which passages add nothing to a better one."""

from collections.abc import Sequence

from search import diversity


def twins(texts: Sequence[str]) -> list[int | None]:
    return list(diversity.twins(texts))


LEAVE = (
    "Every employee has paid leave that is agreed with the head of the department. Unused days expire in "
    "March of the following year, unless illness kept somebody from taking them. Holidays do not count."
)
CHINESE = (
    "每位员工都有带薪年假，须与部门负责人商定。未用完的假期在次年三月失效，因病未能休假的除外。"
    "法定节假日不计入年假。"
)


def test_a_copy_and_a_slightly_changed_text_are_twins_of_the_first() -> None:
    changed = LEAVE.replace("Every employee", "Each employee")
    assert twins([LEAVE, "Bicycles stand behind the house.", changed, LEAVE]) == [None, None, 0, 0]
    assert twins([CHINESE, CHINESE.replace("商定", "约定"), "自行车停在屋后。"]) == [None, 0, None]


def test_what_lies_within_a_better_text_is_its_twin_and_what_holds_more_is_not() -> None:
    part = LEAVE[: LEAVE.index(" Holidays")]
    assert twins([LEAVE, part]) == [None, 0]
    assert twins([part, LEAVE + " Whoever moves house gets a day more for packing boxes."]) == [None, None]


def test_texts_that_differ_in_a_figure_are_both_shown() -> None:
    assert twins([LEAVE + " There are 25 days.", LEAVE + " There are 30 days."]) == [None, None]
    assert twins([CHINESE + "共二十五天。", CHINESE + "共三十天。"]) == [None, None]


def test_empty_and_short_texts_are_compared_too() -> None:
    assert twins(["", "", "Leave", "leave", "Bicycles"]) == [None, None, None, None, None]
    assert twins(["Leave", "Leave"]) == [None, 0]
