"""Which questions ask the same."""

import pytest

from chat.verified.contraries import contrary
from chat.verified.meaning import ACROSS, SAME_LANGUAGE, is_same
from tests.chat.verified import pairs

HIGH = 0.97


@pytest.mark.parametrize(("one", "other"), pairs.OTHER)
def test_near_questions_do_not_mean_the_same_however_near_the_model_finds_them(one: str, other: str) -> None:
    assert not is_same(one, other, HIGH) and not is_same(other, one, HIGH)
    assert not is_same(one, other, None)


def test_what_differs_is_found_in_both_languages_and_across() -> None:
    for one, other, why in (
        ("What does the error code E42 mean?", "错误代码 E43 是什么意思？", "figures"),
        ("Which file formats are not supported?", "支持哪些文件格式？", "negation"),
        ("How do I export a conversation?", "怎样导入对话？", "opposite"),
        ("When was the lighthouse built?", "灯塔建在哪里？", "kind"),
        ("When does the harbour open?", "When did the harbour open?", "tense"),
        ("How do I install the app on Windows?", "How do I install the app on Linux?", "names"),
    ):
        assert (contrary(one, other), contrary(other, one)) == (why, why), (one, other)


def test_other_forms_of_a_question_mean_the_same_from_the_bound_on() -> None:
    english = ("How high is the lighthouse?", "What is the height of the lighthouse?")
    chinese = ("怎样导出对话？", "对话如何导出？")
    for one, other in (english, chinese):
        assert is_same(one, other, SAME_LANGUAGE) and not is_same(one, other, SAME_LANGUAGE - 0.01)
    across = ("How do I add a new user?", "怎样添加新用户？")
    assert is_same(*across, ACROSS) and not is_same(*across, ACROSS - 0.01)


def test_without_a_model_the_words_must_stand_in_the_same_order() -> None:
    assert is_same("怎么重置密码？", "如何重置密码", None)
    assert is_same("When was the lighthouse built?", "In which year was the lighthouse built?", None)
    assert not is_same("Does the buyer pay the seller?", "Does the seller pay the buyer?", None)
    assert not is_same("How do I add a new user?", "怎样添加新用户？", None)
    assert not is_same("Does the buyer pay the seller?", "Does the seller pay the buyer?", HIGH)


def test_enough_of_the_questions_that_mean_the_same_are_known_by_their_words() -> None:
    for same in (pairs.SAME_ENGLISH, pairs.SAME_CHINESE):
        assert sum(is_same(one, other, HIGH) for one, other in same) >= 16
