"""Conversations in which each question must be searched for as it was meant."""

import pytest

from chat.extractive import Extractive
from chat.prompts import Turn
from chat.understanding import Find
from chat.understanding import understand as understanding
from ingestion.finding import Found
from llm.errors import HistoryRefused
from llm.types import Backend
from search import analysis
from tests.chat.driving import returned
from tests.chat.models import Puppet
from tests.chat.passages import found

ENGLISH = (
    "The lighthouse of Skarn is 42 metres high. It was built in 1897. Its keeper was Ada Holm.",
    "The harbour opens at six. Opening hours are shorter in winter.",
    "The owner of a collection may delete a document. A deleted document cannot be restored.",
    "An editor may upload a document to a collection. Uploads are limited to 50 MB.",
)
CHINESE = (
    "斯卡恩灯塔高四十二米，建于一八九七年，守塔人是阿达。",
    "港口早上六点开放，冬季的开放时间较短。",
    "知识库的所有者可以删除文档，删除的文档无法恢复。",
    "编辑者可以上传文档到知识库，上传的文件不得超过五十兆。",
)


def search(query: str) -> Found:
    """The texts by the part of the question's terms that they hold, as the real evidence judges it."""
    terms = analysis.weighted_terms(query)
    total = sum(terms.values())

    def share(text: str) -> float:
        words = set(analysis.tokens(text))
        return sum(weight for term, weight in terms.items() if term in words) / total

    texts = sorted([*ENGLISH, *CHINESE], key=share, reverse=True)
    return found(*texts[:3], answerable=share(texts[0]) >= 0.3)


def understand(question: str, history: list[Turn], backend: Backend, find: Find) -> tuple[str, Found]:
    understood = returned(understanding(question, history, backend, find))
    return understood.reading, understood.found


def first_passage(question: str, *before: tuple[str, str]) -> str:
    history = [Turn(asked, answered) for asked, answered in before]
    return understand(question, history, Extractive(), search)[1].passages[0].text


TOWER = ("How high is the lighthouse of Skarn?", "It is 42 metres high [1].")
UPLOAD = ("Who may upload a document to a collection?", "An editor [1].")
TA = ("斯卡恩灯塔有多高？", "四十二米[1]。")
SHANGCHUAN = ("谁可以上传文档到知识库？", "编辑者[1]。")


@pytest.mark.parametrize(
    ("question", "before", "passage"),
    [
        ("Who built it?", [TOWER], ENGLISH[0]),
        ("And who was its keeper?", [TOWER], ENGLISH[0]),
        ("Why?", [TOWER], ENGLISH[0]),
        ("And who may delete a document?", [TOWER], ENGLISH[2]),
        ("And who may delete it?", [TOWER], ENGLISH[2]),
        ("And who may delete it?", [TOWER, UPLOAD], ENGLISH[2]),
        ("Is there a limit for uploads?", [TOWER], ENGLISH[3]),
        ("Opening hours?", [TOWER], ENGLISH[1]),
        ("When does the harbour open in winter?", [UPLOAD], ENGLISH[1]),
        ("它是哪一年建的？", [TA], CHINESE[0]),
        ("守塔人呢？", [TA], CHINESE[0]),
        ("那谁可以删除文档？", [TA], CHINESE[2]),
        ("谁可以删除它？", [TA], CHINESE[2]),
        ("港口几点开放？", [SHANGCHUAN], CHINESE[1]),
    ],
)
def test_conversations(question: str, before: list[tuple[str, str]], passage: str) -> None:
    assert first_passage(question, *before) == passage


def test_a_part_of_the_last_question_is_replaced() -> None:
    reading, passages = understand("那删除呢？", [Turn(*SHANGCHUAN)], Extractive(), search)
    assert reading == "上传文档到知识库 那删除呢？"
    assert CHINESE[2] in [passage.text for passage in passages.passages[:2]]


def test_a_question_that_stands_alone_is_not_burdened() -> None:
    asked: list[str] = []

    def find(query: str) -> Found:
        asked.append(query)
        return search(query)

    question = "Which documents may an editor upload to a collection?"
    assert understand(question, [Turn(*TOWER)], Extractive(), find)[0] == question
    assert asked == [question]


def test_without_history_there_is_one_search() -> None:
    assert understand("Who built it?", [], Extractive(), search)[0] == "Who built it?"


def test_the_models_reading_is_searched_for() -> None:
    rewritten = "Who built the lighthouse of Skarn?"
    reading, _found = understand("Who built it?", [Turn(*TOWER)], Puppet(rewrites=rewritten), search)
    assert reading == rewritten


def test_a_useless_rewriting_gives_way_to_carried_words() -> None:
    model = Puppet(rewrites="It was built in 1897.")
    reading, _found = understand("Who built it?", [Turn(*TOWER)], model, search)
    assert reading == "high lighthouse Skarn Who built it?"


def test_a_rewriting_that_finds_nothing_gives_way_to_the_question() -> None:
    model = Puppet(rewrites="Skarn lighthouse of Skarn keeper metres?")

    def find(query: str) -> Found:
        return found(ENGLISH[1], answerable="Skarn" not in query)

    assert understand("Opening hours?", [Turn(*TOWER)], model, find)[0] == "Opening hours?"


def test_a_topic_that_the_model_carries_along_wrongly_is_left() -> None:
    model = Puppet(rewrites="When are the opening hours of the lighthouse of Skarn?")
    reading, passages = understand("Opening hours?", [Turn(*TOWER)], model, search)
    assert reading == "Opening hours?"
    assert passages.passages[0].text == ENGLISH[1]


def test_the_whole_last_question_comes_in_where_single_words_of_it_are_too_few() -> None:
    passage = "单个文件最大为 100 MB，修改 MAX_UPLOAD_MB 可以调整。"
    before = Turn("单个文件最大可以上传多大？", "100 MB [1]。")

    def needs_much(query: str) -> Found:
        return found(passage, answerable="单个文件最大" in query)

    reading, chosen = understand("那怎么修改呢？", [before], Extractive(), needs_much)
    assert chosen.answerable
    assert reading == "单个文件最大可以上传多大？ 那怎么修改呢？"
    assert not understand("那番茄怎么种呢？", [before], Extractive(), needs_much)[1].answerable


def test_a_conversation_that_the_provider_objects_to_is_read_without_a_model() -> None:
    model = Puppet(rewrites=HistoryRefused("unsafe"))
    understood = returned(understanding("Who built it?", [Turn(*TOWER)], model, search))
    assert understood.history_refused
    assert understood.reading == "high lighthouse Skarn Who built it?"


def test_what_the_rewriting_used_is_told() -> None:
    model = Puppet(rewrites="Who built the lighthouse of Skarn?")
    understood = returned(understanding("Who built it?", [Turn(*TOWER)], model, search))
    assert understood.spent is not None
    assert (understood.spent.endpoint, understood.spent.is_estimate) == ("puppet", True)
    assert understood.spent.usage.prompt_tokens > 50


@pytest.mark.parametrize(
    ("question", "reading"),
    [
        (
            "How high is the lighthouse? My colleague reads bob@example.org all day long.",
            "How high is the lighthouse?",
        ),
        ("灯塔有多高？请回复我的邮箱 ada@example.org，手机13800138000，谢谢各位老师。", "灯塔有多高？"),
        (
            "How high is the lighthouse? Thanks a lot in advance and have a nice weekend, dear friends!",
            "How high is the lighthouse?",
        ),
        ("What does ada@example.org eat for breakfast?", "What does ada@example.org eat for breakfast?"),
        (
            "Ada's number is 13800138000, her mail goes elsewhere. Is it high?",
            "Ada's number is 13800138000, her mail goes elsewhere. Is it high?",
        ),
    ],
)
def test_where_to_write_and_thanks_are_no_part_of_what_is_asked(question: str, reading: str) -> None:
    """Not so where the question is about it, or leans on it."""
    understood, passages = understand(question, [], Extractive(), search)
    assert understood == reading
    assert passages.answerable == (reading != question)


def test_a_follow_up_has_its_topic_without_what_is_said_beside_it() -> None:
    question = "Opened in which year? Call my colleague on 13800138000 after lunch, or the office."

    def find(query: str) -> Found:
        return found(ENGLISH[0], answerable="lighthouse" in query and "13800138000" not in query)

    assert understand(question, [Turn(*TOWER)], Extractive(), find)[0] == (
        "high lighthouse Skarn Opened in which year?"
    )
