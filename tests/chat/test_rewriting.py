import pytest

from chat.extractive import Extractive
from chat.prompts import Turn
from chat.rewriting import points_back, readings
from llm.openai import OpenAICompatible
from llm.types import Options
from tests.llm.openai_stub import OpenAIStub

HISTORY = [Turn("How high is the lighthouse of Skagen?", "It is 46 metres high [1].")]


def test_without_history_the_question_stays() -> None:
    assert readings("How high is it?", [], Extractive()) == ["How high is it?"]


def test_a_question_that_points_back_takes_the_topic_along() -> None:
    first, second = readings("Who built it?", HISTORY, Extractive())
    assert first.endswith("Who built it?")
    assert "lighthouse" in first
    assert "Skagen" in first
    assert second == "Who built it?"


def test_chinese_takes_the_topic_along() -> None:
    first = readings("它是谁建的?", [Turn("斯卡恩灯塔有多高?", "四十六米[1]。")], Extractive())[0]
    assert "斯卡恩" in first
    assert "灯塔" in first
    assert first.endswith("它是谁建的?")


def test_a_full_question_stays() -> None:
    question = "Which ferries cross the Kattegat during winter storms?"
    assert readings(question, HISTORY, Extractive()) == [question]


def test_a_short_question_is_tried_alone_first() -> None:
    first, second = readings("Opening hours?", HISTORY, Extractive())
    assert first == "Opening hours?"
    assert "Skagen" in second


def test_the_topic_of_a_rewritten_question_lives_on() -> None:
    history = [*HISTORY, Turn("Who built it?", "Ada [1].", "lighthouse Skagen Who built it?")]
    assert "Skagen" in readings("And when was that?", history, Extractive())[0]


@pytest.mark.parametrize(
    ("question", "back"),
    [
        ("What about the second one?", True),
        ("那第二个呢?", True),
        ("And why?", True),
        ("应该怎么安装 Vue?", False),
        ("What is Vue?", False),
    ],
)
def test_points_back(question: str, back: bool) -> None:
    assert points_back(question) is back


def test_a_model_rewrites(stub: OpenAIStub) -> None:
    stub.say("<think>hm</think>Who built the lighthouse ", "of Skagen?\n")
    model = OpenAICompatible(Options(base_url=stub.base_url, model="m", timeout_s=5))

    assert readings("Who built it?", HISTORY, model)[0] == "Who built the lighthouse of Skagen?"
    assert "It is 46 metres high" in stub.chats[0].body["messages"][1]["content"]


def test_a_model_that_fails_is_done_without(stub: OpenAIStub) -> None:
    stub.fail(401, {"message": "no"})
    model = OpenAICompatible(Options(base_url=stub.base_url, model="m", timeout_s=5))

    assert "Skagen" in readings("Who built it?", HISTORY, model)[0]


@pytest.mark.parametrize(
    ("before", "carried"),
    [
        ("Vue 2 什么时候停止维护？", ["Vue", "2", "停止维护"]),
        ("潮位站是哪一年修复的？", ["潮位站", "一年修复"]),
    ],
)
def test_chinese_words_are_carried_whole(before: str, carried: list[str]) -> None:
    reading = readings("那后来呢？", [Turn(before, "x")], Extractive())[0]
    assert reading == " ".join([*carried, "那后来呢？"])
