"""From a question to an answer that rests on passages."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chat.answering import answer
from chat.events import QuestionError, Rewritten, Sources, Thinking, Waiting
from chat.extractive import Extractive
from chat.prompts import Turn
from ingestion.finding import Found, FoundPassage
from llm.types import Delta, Pause, Usage
from search.evidence import Evidence
from tests.chat.asking import QUESTION, final, llm, run, text_of
from tests.chat.models import Puppet
from tests.chat.passages import HARBOUR, LIGHTHOUSE, always, found, passage
from tests.llm.openai_stub import OpenAIStub


def test_extractive_answers_quote_word_for_word() -> None:
    events = run(QUESTION, Extractive())
    done = final(events)
    assert "It is 42 metres high. [1]" in done.text
    assert not done.refused
    assert all(citation.quote in citation.passage.text for citation in done.citations)
    assert done.notes[0].startswith("No language model is used")


def test_extractive_answers_show_the_code_below_a_sentence() -> None:
    code = "```\nlamp --height\n\nlamp --light\n```"
    text = f"The lighthouse reports how high it is like this:\n\n{code}\n\nIt is old."
    done = final(run(QUESTION, Extractive(), find=always(text)))
    assert f"like this: [1]\n\n{code}" in done.text
    assert {one.support for one in done.sentences} <= {"supported", "unchecked"}
    (citation,) = done.citations
    assert citation.quote in text


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
    assert [spent.usage for spent in done.spent] == [Usage(5, 7)]


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
    assert [message["role"] for message in sent] == ["system", "user"]
    assert sent[-1]["content"].index(LIGHTHOUSE) < sent[-1]["content"].index("Is there a lighthouse?")


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


def test_a_model_reads_wider_passages_without_doubles_and_citations_stay_right() -> None:
    def widen(passages: Sequence[FoundPassage]) -> list[FoundPassage]:
        first = passages[0]
        text = "Coast of Skarn. " + first.text
        return [replace(first, text=text, start=first.start - 16), *passages[1:]]

    model = Puppet("It is 42 metres high [1].")
    events = run(QUESTION, model, find=always(LIGHTHOUSE, LIGHTHOUSE + " ", HARBOUR), widen=widen)
    told = [event.passages for event in events if isinstance(event, Sources)]
    assert [len(passages) for passages in told] == [3, 2]
    assert "Coast of Skarn" in model.prompts[0]
    (citation,) = final(events).citations
    assert citation.start == 100 + LIGHTHOUSE.index("It is 42")
    assert citation.quote == "It is 42 metres high."


def test_quotes_are_from_the_passages_as_they_were_found() -> None:
    def widen(passages: Sequence[FoundPassage]) -> list[FoundPassage]:
        raise AssertionError("not for a back end that only quotes")

    events = run(QUESTION, Extractive(), widen=widen)
    assert len([event for event in events if isinstance(event, Sources)]) == 1


def test_a_base_models_sentences_get_their_sources() -> None:
    model = Puppet("The lighthouse is 42 metres high. Tourists love it dearly.", follows_instructions=False)
    done = final(run(QUESTION, model))
    assert done.text == "The lighthouse is 42 metres high [1]. Tourists love it dearly."
    assert [sentence.added for sentence in done.sentences] == [(1,), ()]
    assert [sentence.support for sentence in done.sentences] == ["supported", "unsupported"]
    assert any("found by Youju" in note for note in done.notes)


def test_an_instructed_models_uncited_sentence_stays_unsupported() -> None:
    said = "The lighthouse is 42 metres high [1]. The lighthouse was built in 1897."
    done = final(run(QUESTION, Puppet(said)))
    assert done.text == said
    assert [sentence.support for sentence in done.sentences] == ["supported", "unsupported"]


def test_a_model_that_cites_nothing_gets_its_sources_all_the_same() -> None:
    done = final(run(QUESTION, Puppet("The lighthouse is 42 metres high. Tourists love it dearly.")))
    assert done.text == "The lighthouse is 42 metres high [1]. Tourists love it dearly."
    assert [sentence.added for sentence in done.sentences] == [(1,), ()]
    assert any("found by Youju" in note for note in done.notes)


def test_further_instructions_reach_the_model() -> None:
    model = Puppet("It is 42 metres high [1].")
    run(QUESTION, model, instructions="Answer formally.")
    assert "Answer formally." in model.requests[0].messages[0].content


def test_a_wait_can_be_left() -> None:
    events = answer(QUESTION, backends=[Puppet(["", "It is 42 metres high [1]."])], find=always(LIGHTHOUSE))
    assert any(isinstance(event, Waiting) for event in events)


def test_a_source_is_named_with_its_heading() -> None:
    model = Puppet("It is 42 metres high [1].")
    run(
        QUESTION,
        model,
        find=lambda _query: Found([passage(LIGHTHOUSE)], 1.0, [], lambda: Evidence(0.9, answerable=True)),
    )
    assert 'title="Handbook › Coast"' in model.prompts[0]


def test_a_wait_says_why_and_how_long() -> None:
    loading = Delta(pause=Pause("loading", 45))
    events = run(QUESTION, Puppet([loading, "It is 42 metres high [1]."]))
    assert Waiting(Pause("loading", 45)) in events


def test_a_server_that_counts_nothing_is_estimated() -> None:
    model = Puppet("It is 42 metres high [1].")
    model.usage = None
    (spent,) = final(run(QUESTION, model)).spent
    assert spent.is_estimate
    assert spent.usage.prompt_tokens > 200 and spent.usage.completion_tokens >= 7
