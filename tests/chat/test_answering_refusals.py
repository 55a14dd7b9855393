"""Questions that get no answer: refused before a model is asked, by the model, or for want of quotes."""

import pytest

from chat.extractive import Extractive
from tests.chat.asking import QUESTION, final, llm, run, text_of
from tests.chat.models import Puppet
from tests.chat.passages import HARBOUR, LIGHTHOUSE, always
from tests.llm.openai_stub import OpenAIStub


def test_refuses_what_the_passages_do_not_answer_without_asking_the_model(stub: OpenAIStub) -> None:
    events = run("Who won the cup?", llm(stub), find=always(HARBOUR, answerable=False))
    done = final(events)
    assert done.refused
    assert "Who won the cup?" in done.text
    assert [passage.text for _, passage in done.unused] == [HARBOUR]
    assert done.citations == ()
    assert stub.chats == []


def test_refuses_when_nothing_is_found() -> None:
    done = final(run(QUESTION, Extractive(), find=always()))
    assert done.refused
    assert "choose more collections" in done.text
    assert done.refusal is not None
    assert done.refusal.passages == 0


def test_the_models_own_refusal_is_one(stub: OpenAIStub) -> None:
    stub.say("[", "0] The sources tell of ", "a harbour only.")
    events = run(QUESTION, llm(stub))
    done = final(events)
    assert text_of(events) == "The sources tell of a harbour only."
    assert done.refused
    assert done.text.startswith("The sources tell of a harbour only. The 2 nearest passages of 2 documents")
    assert done.refusal is not None
    assert done.refusal.by_model
    assert [n for n, _ in done.unused] == [1, 2]


@pytest.mark.parametrize(
    "said",
    [
        "[0] They tell of a harbour only.",
        "【0】They tell of a harbour only.",
        "**[0]** They tell of a harbour only.",
        "They tell of a harbour only. [0]",
        "The sources do not contain the height of the tower.",
        "资料中没有提到塔的高度。",
    ],
)
def test_a_models_refusal_is_recognised(said: str) -> None:
    done = final(run(QUESTION, Puppet(said)))
    assert done.refused
    assert "[0]" not in done.text
    assert done.notes == ()


def test_a_cited_answer_that_mentions_a_gap_is_no_refusal() -> None:
    said = "It is 42 metres high [1]. The sources do not mention its colour."
    assert not final(run(QUESTION, Puppet(said))).refused


def test_a_bare_zero_is_a_refusal_with_our_words() -> None:
    done = final(run(QUESTION, Puppet("[0]")))
    assert done.refused
    assert done.text.startswith("The documents searched do not hold an answer")


def test_a_refusal_says_what_was_searched_and_what_may_help() -> None:
    find = always(HARBOUR, LIGHTHOUSE, answerable=False)
    done = final(run("Who won the regatta?", Extractive(), find=find, searched=["Handbook", "Coast"]))
    assert done.refusal is not None
    assert done.refusal.collections == ("Handbook", "Coast")
    assert (done.refusal.passages, done.refusal.documents) == (2, 2)
    assert "The 2 nearest passages of 2 documents in “Handbook”, “Coast” were looked at." in done.text
    assert "None of them holds “won”, “regatta”" in done.text
    assert not done.refusal.by_model


def test_a_chinese_refusal_has_no_space_between_its_sentences() -> None:
    done = final(run("谁赢了比赛？", Extractive(), find=always(HARBOUR, answerable=False)))
    head = done.refusal.head if done.refusal else ""
    assert done.text.startswith(head)
    assert not done.text[len(head) :].startswith(" ")


def test_passages_without_anything_to_quote_are_a_refusal() -> None:
    done = final(run(QUESTION, Extractive(), find=always("--- *** ---")))
    assert done.refused
    assert done.error is None
