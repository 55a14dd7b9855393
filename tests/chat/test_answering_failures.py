"""Models that fail, break off or object: who answers then, and what is told."""

from typing import Any

import pytest

from chat.events import Failure, Reset, Sources, Spent, Thinking, Token
from chat.prompts import Turn
from llm.errors import (
    AuthRefused,
    Blocked,
    ContextTooLong,
    HistoryRefused,
    LLMError,
    RateLimited,
    Unavailable,
)
from llm.types import Delta, Usage
from tests.chat.asking import QUESTION, final, llm, run
from tests.chat.models import Puppet
from tests.chat.passages import HARBOUR, LIGHTHOUSE, always
from tests.llm.openai_stub import OpenAIStub, Reply, chunk


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


def test_the_first_back_end_that_answers_does_and_the_notes_say_for_whom() -> None:
    first = Puppet([Unavailable("It is down.")], name="north")
    second = Puppet([Unavailable("It sleeps.")], name="south")
    third = Puppet("It is 42 metres high [1].", name="east", model="east-7b")
    done = final(run(QUESTION, first, second, third))
    assert done.model == "east-7b"
    assert [note.split(". ")[0] for note in done.notes] == [
        "“north” did not answer, so “south” was asked instead",
        "“south” did not answer, so “east” was asked instead",
    ]
    assert all(Unavailable("").public in note for note in done.notes)
    assert [failure.detail for failure in done.failures] == ["It is down.", "It sleeps."]


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
    assert done.error.message == f"The answer breaks off here: this is the part received. {error.public}"
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


def test_after_a_model_failed_the_quotes_count_their_own_passages() -> None:
    model = Puppet([Unavailable("down")])
    events = run(QUESTION, model, find=always(HARBOUR, HARBOUR, LIGHTHOUSE), widen=list)
    told = [len(event.passages) for event in events if isinstance(event, Sources)]
    assert told == [3, 2, 3]
    assert [citation.passage.text for citation in final(events).citations if "42" in citation.quote] == [
        LIGHTHOUSE
    ]


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
        Failure("auth_refused", AuthRefused("").public, True, "north", detail="No key."),
        Failure("rate_limited", "Slow down.", False, "south", 40),
    )
    assert (done.model, done.error) == ("extractive", None)


def test_an_unfinished_answers_failure_is_the_last() -> None:
    first = Puppet([Unavailable("Down.")], name="north")
    done = final(run(QUESTION, first, Puppet(["It is 42 metres", Unavailable("Gone.")], name="south")))
    assert [failure.endpoint for failure in done.failures] == ["north", "south"]
    assert done.failures[-1] == done.error


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
