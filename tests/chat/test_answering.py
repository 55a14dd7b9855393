from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from chat.answering import answer
from chat.events import (
    Answer,
    Event,
    Failure,
    Finished,
    QuestionError,
    Reset,
    Rewritten,
    Sources,
    Spent,
    Thinking,
    Token,
    Waiting,
)
from chat.extractive import Extractive
from chat.prompts import Turn
from ingestion.finding import Found, FoundPassage
from llm.errors import (
    AuthRefused,
    Blocked,
    ContextTooLong,
    HistoryRefused,
    LLMError,
    RateLimited,
    Unavailable,
)
from llm.openai import OpenAICompatible
from llm.types import Backend, Delta, Options, Pause, Usage
from search.evidence import Evidence
from tests.chat.models import Puppet
from tests.chat.passages import HARBOUR, LIGHTHOUSE, always, found, passage
from tests.llm.openai_stub import OpenAIStub, Reply, chunk

QUESTION = "How high is the lighthouse?"


def llm(stub: OpenAIStub, **options: Any) -> OpenAICompatible:
    return OpenAICompatible(Options(**{"base_url": stub.base_url, "model": "m", "timeout_s": 5} | options))


def run(question: str, *backends: Backend, **options: Any) -> list[Event]:
    return list(answer(question, backends=backends, **{"find": always(LIGHTHOUSE, HARBOUR)} | options))


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
    assert done.notes[0].startswith("No language model is used")


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


def test_a_model_that_fails_at_once_is_replaced_by_quotes(stub: OpenAIStub) -> None:
    stub.fail(401, {"message": "no"})
    done = final(run(QUESTION, llm(stub)))
    assert "42 metres high" in done.text
    assert done.model == "extractive"
    assert done.error is None
    assert any("“m” did not answer, so this quotes the documents" in note for note in done.notes)


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
    assert done.error.message.startswith("The answer breaks off here: this is the part received. ")
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


def test_the_first_back_end_that_answers_does_and_the_notes_say_for_whom() -> None:
    first = Puppet([Unavailable("It is down.")], name="north")
    second = Puppet([Unavailable("It sleeps.")], name="south")
    third = Puppet("It is 42 metres high [1].", name="east", model="east-7b")
    done = final(run(QUESTION, first, second, third))
    assert done.model == "east-7b"
    assert done.notes == (
        "“north” did not answer, so “south” was asked instead. It is down.",
        "“south” did not answer, so “east” was asked instead. It sleeps.",
    )


@pytest.mark.parametrize(
    ("model", "code"),
    [(Puppet("  "), "gave an empty answer"), (Puppet("", finish="content_filter"), "safety filter withheld")],
)
def test_an_empty_answer_has_a_reason(model: Puppet, code: str) -> None:
    done = final(run(QUESTION, model))
    assert done.model == "extractive"
    assert code in done.notes[0]


@pytest.mark.parametrize(
    ("finish", "note"), [("length", "cut because it grew too long"), ("content_filter", "safety filter cut")]
)
def test_an_answer_cut_short_says_so(finish: str, note: str) -> None:
    done = final(run(QUESTION, Puppet("It is 42 metres high [1].", finish=finish)))
    assert any(note in text for text in done.notes)
    assert done.error is None


@pytest.mark.parametrize("error", [Unavailable("It went away."), Blocked("The provider withheld the rest.")])
def test_a_failure_after_the_first_word_keeps_the_part(error: LLMError) -> None:
    done = final(run(QUESTION, Puppet(["It is 42 metres high [1]. And", error]), Puppet("Other.")))
    assert done.text == "It is 42 metres high [1]. And"
    assert done.error is not None
    assert done.error.message == f"The answer breaks off here: this is the part received. {error}"
    assert [citation.n for citation in done.citations] == [1]


def test_a_context_that_is_smaller_than_told_is_met_with_less() -> None:
    model = Puppet(context_tokens=2000)

    def says(request: Any) -> str:
        if len(model.requests) == 1:
            raise ContextTooLong("too long")
        return "It is 42 metres high [1]."

    model.says = says
    done = final(run(QUESTION, model, find=always(*[f"{LIGHTHOUSE} {n}. {HARBOUR} " * 8 for n in range(8)])))
    assert done.model == "puppet-1"
    assert len(model.prompts[1]) < len(model.prompts[0])


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


def test_after_a_model_failed_the_quotes_count_their_own_passages() -> None:
    model = Puppet([Unavailable("down")])
    events = run(QUESTION, model, find=always(HARBOUR, HARBOUR, LIGHTHOUSE), widen=list)
    told = [len(event.passages) for event in events if isinstance(event, Sources)]
    assert told == [3, 2, 3]
    assert [citation.passage.text for citation in final(events).citations if "42" in citation.quote] == [
        LIGHTHOUSE
    ]


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


def test_passages_without_anything_to_quote_are_a_refusal() -> None:
    done = final(run(QUESTION, Extractive(), find=always("--- *** ---")))
    assert done.refused
    assert done.error is None


def test_a_wait_says_why_and_how_long() -> None:
    loading = Delta(pause=Pause("loading", 45))
    events = run(QUESTION, Puppet([loading, "It is 42 metres high [1]."]))
    assert Waiting(Pause("loading", 45)) in events


def test_what_a_failed_model_thought_is_taken_back() -> None:
    first = Puppet([Delta(reasoning="Hm.", usage=Usage(900, 90)), Unavailable("down")], name="north")
    events = run(QUESTION, first, Puppet("It is 42 metres high [1].", name="south"))
    shown = [event for event in events if isinstance(event, Thinking | Reset | Token)]
    assert shown == [Thinking("Hm."), Reset(), Token("It is 42 metres high [1].")]
    assert final(events).spent == (Spent("south", Usage(1, 1)),)


def test_nothing_is_taken_back_where_nothing_was_shown() -> None:
    events = run(QUESTION, Puppet([Unavailable("down")]), Puppet("It is 42 metres high [1]."))
    assert Reset() not in events


def test_each_failure_is_kept_for_programs() -> None:
    first = Puppet([AuthRefused("No key.")], name="north")
    second = Puppet([RateLimited("Slow down.", retry_after=40)], name="south")
    done = final(run(QUESTION, first, second))
    assert done.failures == (
        Failure("auth_refused", "No key.", True, "north"),
        Failure("rate_limited", "Slow down.", False, "south", 40),
    )
    assert (done.model, done.error) == ("extractive", None)


def test_an_unfinished_answers_failure_is_the_last() -> None:
    first = Puppet([Unavailable("Down.")], name="north")
    done = final(run(QUESTION, first, Puppet(["It is 42 metres", Unavailable("Gone.")], name="south")))
    assert [failure.endpoint for failure in done.failures] == ["north", "south"]
    assert done.failures[-1] == done.error


def test_a_server_that_counts_nothing_is_estimated() -> None:
    model = Puppet("It is 42 metres high [1].")
    model.usage = None
    (spent,) = final(run(QUESTION, model)).spent
    assert spent.is_estimate
    assert spent.usage.prompt_tokens > 200 and spent.usage.completion_tokens >= 7


BEFORE = [Turn("Is there a lighthouse?", "Yes, at Skarn [1].")]


class Strict(Puppet):
    """Its provider objects to what the conversation said, in the rewriting too where ``early``."""

    early = False
    never = False

    def stream(self, request: Any) -> Any:
        rewrites = "Rewrite the last question" in request.messages[0].content
        text = request.messages[-1].content
        if self.never or ("Is there a lighthouse?" in text and (self.early or not rewrites)):
            self.requests.append(request)
            yield Delta(text="I", reasoning="Hm.")
            raise HistoryRefused("Not that.")
        yield from super().stream(request)


def test_a_provider_that_objects_to_the_conversation_is_asked_without_it() -> None:
    model = Strict("It is 42 metres high [1].", rewrites="How high is the lighthouse?")
    events = run("How high is it?", model, history=BEFORE)
    done = final(events)
    assert (done.text, done.model, done.forgets) == ("It is 42 metres high [1].", "puppet-1", "earlier")
    assert Reset() in events
    assert any("objects to something in this conversation" in note for note in done.notes)
    assert ["Is there a lighthouse?" in prompt for prompt in model.prompts] == [True, False]


def test_after_an_objection_to_the_rewriting_the_conversation_is_not_sent_again() -> None:
    model = Strict("It is 42 metres high [1].")
    model.early = True
    done = final(run("How high is it?", model, history=BEFORE))
    assert (done.text, done.forgets) == ("It is 42 metres high [1].", "earlier")
    assert ["Is there a lighthouse?" in prompt for prompt in model.prompts] == [False]


@pytest.mark.parametrize("history", [[], BEFORE])
def test_an_objection_to_the_question_itself_makes_later_turns_forget_it(history: list[Turn]) -> None:
    model = Strict()
    model.never = True
    done = final(run(QUESTION, model, history=history))
    assert done.forgets == "all"
    assert len(model.requests) == 1 + len(history)


def test_without_text_an_objection_lets_the_next_one_answer_without_the_conversation() -> None:
    class Wordless(Strict):
        def stream(self, request: Any) -> Any:
            raise HistoryRefused("Not that.")
            yield

    second = Puppet("It is 42 metres high [1].", name="south")
    done = final(run(QUESTION, Wordless(name="north"), second, history=BEFORE))
    assert (done.text, done.forgets) == ("It is 42 metres high [1].", "all")
    assert [failure.code for failure in done.failures] == ["history_refused"]
    assert "Is there a lighthouse?" not in second.prompts[0]
