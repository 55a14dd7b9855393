from collections.abc import Sequence
from typing import Any

import pytest

from chat.answering import answer
from chat.events import Answer, Event, Finished, QuestionError, Rewritten, Sources, Thinking, Token
from chat.extractive import Extractive
from chat.prompts import Turn
from ingestion.finding import Found
from llm.openai import OpenAICompatible
from llm.types import Backend, Options
from tests.chat.passages import HARBOUR, LIGHTHOUSE, always, found
from tests.llm.openai_stub import OpenAIStub, Reply, chunk

QUESTION = "How high is the lighthouse?"


def llm(stub: OpenAIStub, **options: Any) -> OpenAICompatible:
    return OpenAICompatible(Options(**{"base_url": stub.base_url, "model": "m", "timeout_s": 5} | options))


def run(question: str, backend: Backend, **options: Any) -> list[Event]:
    return list(answer(question, backends=[backend], **{"find": always(LIGHTHOUSE, HARBOUR)} | options))


def final(events: Sequence[Event]) -> Answer:
    last = events[-1]
    assert isinstance(last, Finished)
    return last.answer


def text_of(events: Sequence[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Token))


def test_extractive_answers_quote_word_for_word() -> None:
    events = run(QUESTION, Extractive())
    done = final(events)
    assert "It is 42 metres high. [1]" in done.text
    assert not done.refused
    assert all(citation.quote in citation.passage.text for citation in done.citations)
    assert any("No language model is configured" in note for note in done.notes)


def test_the_stream_is_the_answer() -> None:
    events = run(QUESTION, Extractive())
    assert isinstance(events[0], Sources)
    assert text_of(events).replace(" ", "") == final(events).text.replace(" ", "")


def test_citations_have_places_in_the_document(stub: OpenAIStub) -> None:
    stub.say("It is 42 metres high [1].")
    (citation,) = final(run(QUESTION, llm(stub))).citations
    passage = citation.passage
    assert passage.text[citation.start - passage.start : citation.end - passage.start] == citation.quote


def test_passages_not_used_are_listed_apart(stub: OpenAIStub) -> None:
    stub.say("It is 42 metres high [1].")
    done = final(run(QUESTION, llm(stub)))
    assert [n for n, _ in done.unused] == [2]
    assert done.model == "m"
    assert done.usage.completion_tokens == 7


def test_reasoning_is_an_event_and_no_part_of_the_answer(stub: OpenAIStub) -> None:
    stub.say("<think>42?</think>", "It is 42 metres high [1].")
    events = run(QUESTION, llm(stub))
    assert "".join(event.text for event in events if isinstance(event, Thinking)) == "42?"
    assert final(events).text == "It is 42 metres high [1]."


def test_invented_numbers_are_removed_and_noted(stub: OpenAIStub) -> None:
    stub.say("It is 42 metres high [1][9].")
    done = final(run(QUESTION, llm(stub)))
    assert "[9]" not in done.text
    assert any("were removed" in note for note in done.notes)


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


def test_the_models_own_refusal_is_one(stub: OpenAIStub) -> None:
    stub.say("[", "0] The sources tell of ", "a harbour only.")
    events = run(QUESTION, llm(stub))
    assert final(events).refused
    assert text_of(events) == "The sources tell of a harbour only."


def test_a_follow_up_is_searched_for_as_it_is_meant() -> None:
    asked: list[str] = []

    def find(query: str) -> Found:
        asked.append(query)
        return found(LIGHTHOUSE, answerable="lighthouse" in query)

    history = [Turn(QUESTION, "It is 42 metres high [1].")]
    events = run("Who was its keeper?", Extractive(), find=find, history=history)

    assert isinstance(events[0], Rewritten)
    assert "lighthouse" in asked[0]
    assert "Ada Holm" in final(events).text


def test_history_and_sources_reach_the_model(stub: OpenAIStub) -> None:
    history = [Turn("Is there a lighthouse?", "Yes, one.")]
    run("Which harbour rules hold for boats longer than twenty metres?", llm(stub), history=history)
    sent = stub.chats[-1].body["messages"]
    assert [message["role"] for message in sent] == ["system", "user", "assistant", "user"]
    assert LIGHTHOUSE in sent[-1]["content"]


def test_a_model_that_fails_at_once_is_replaced_by_quotes(stub: OpenAIStub) -> None:
    stub.fail(401, {"message": "no"})
    done = final(run(QUESTION, llm(stub)))
    assert "42 metres high" in done.text
    assert done.model == "extractive"
    assert done.error is None
    assert any("LLM_API_KEY" in note for note in done.notes)


def test_an_empty_answer_counts_as_a_failure(stub: OpenAIStub) -> None:
    stub.say("  ")
    done = final(run(QUESTION, llm(stub)))
    assert done.model == "extractive"


def test_a_model_that_breaks_off_leaves_its_part(stub: OpenAIStub) -> None:
    stub.replies = [Reply(pieces=[chunk({"content": "It is 42 metres high [1]. And"})], drop=True)]
    done = final(run(QUESTION, llm(stub)))
    assert done.text.startswith("It is 42 metres high [1].")
    assert done.error is not None
    assert done.error.code == "unavailable"
    assert not done.error.permanent
    assert [citation.n for citation in done.citations] == [1]


@pytest.mark.parametrize(
    ("question", "code"), [("", "empty"), (" \n\x00", "empty"), ("x" * 10_000, "too_long")]
)
def test_questions_that_cannot_be_asked(question: str, code: str) -> None:
    with pytest.raises(QuestionError) as caught:
        run(question, Extractive())
    assert caught.value.code == code


def test_the_models_prompt_is_cut_to_its_context(stub: OpenAIStub) -> None:
    long = [LIGHTHOUSE * 30] * 8
    run(QUESTION, llm(stub, context_tokens=2048), find=always(*long))
    sent = stub.chats[0].body
    assert sum(len(message["content"]) for message in sent["messages"]) * 0.3 < 2048 - sent["max_tokens"]
