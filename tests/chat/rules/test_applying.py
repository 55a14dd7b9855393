"""Rules in the answer engine, from the question to the finished answer."""

from collections.abc import Sequence

import pytest

from chat.answering import answer
from chat.events import Event, Rewritten, Thinking
from chat.extractive import Extractive
from chat.prompts import Turn
from chat.rules.applying import Ruled, Spec
from llm.errors import Unavailable
from llm.types import Backend, Delta
from tests.chat.asking import QUESTION, final, text_of
from tests.chat.models import Puppet, Says
from tests.chat.passages import HARBOUR, LIGHTHOUSE, always

NOTICE = Spec(9, "disclaimer", options={"text_en": "No legal advice.", "text_zh": "不构成法律意见。"})
HOUSE = "Ada Holm of +47 22 85 50 50 keeps the lighthouse. It is 42 metres high."


def run(
    backend: Backend,
    *specs: Spec,
    question: str = QUESTION,
    text: str = LIGHTHOUSE,
    history: Sequence[Turn] = (),
) -> tuple[list[Event], Ruled]:
    ruled = Ruled(specs)
    find = always(text, HARBOUR)
    return list(answer(question, find=find, backends=[backend], rules=ruled, history=history)), ruled


def kinds(ruled: Ruled) -> list[str]:
    return [one["kind"] for one in ruled.applied()]


def pieces(text: str) -> Says:
    return [text[at : at + 3] for at in range(0, len(text), 3)]


def test_a_blocked_topic_gets_its_reply_in_the_language_of_the_question() -> None:
    options = {
        "words": "salary\n工资",
        "reply_en": "Ask the payroll office.",
        "reply_zh": "请咨询薪酬办公室。",
    }
    for question, reply in (
        ("What is the SALARY of Ada?", "Ask the payroll office."),
        ("工资多少？", "请咨询薪酬办公室。"),
    ):
        puppet = Puppet("42 [1].")
        events, ruled = run(puppet, Spec(1, "blocked", "Pay", options), question=question)
        assert (final(events).text, final(events).refused, puppet.requests) == (reply, True, [])
        assert kinds(ruled) == ["blocked"]


@pytest.mark.parametrize(
    ("words", "question"),
    [
        ("salary", "Which salaries are paid?"),
        ("invest", "Where is the company investing?"),
        ("plan the route", "Who planned the routes?"),
        ("公司薪水", "公司薪水是多少"),
        ("薪資", "薪资是多少"),
        ("ＶＰＮ密码", "vpn密碼在哪里"),
        ("lighthouse", "How high is the LH?"),
    ],
)
def test_a_blocked_topic_is_met_in_other_forms_and_by_what_words_mean(words: str, question: str) -> None:
    specs = [
        Spec(1, "blocked", options={"words": words, "reply_en": "No.", "reply_zh": "No."}),
        Spec(2, "synonyms", options={"meanings": "LH => lighthouse"}),
    ]
    assert Ruled(specs).question(question).reply == "No."
    assert Ruled(specs).refusal(f"Write about this: {question}") == "No."


@pytest.mark.parametrize(
    ("words", "question"),
    [
        ("organ", "What is the organization of the company?"),
        ("universe", "Which university is nearest?"),
        ("pay", "When was the harbour paved?"),
        ("工资", "员工 资料在哪里"),
    ],
)
def test_a_word_that_only_looks_alike_blocks_nothing(words: str, question: str) -> None:
    assert (
        Ruled([Spec(1, "blocked", options={"words": words, "reply_en": "No."})]).question(question).reply
        == ""
    )


def test_the_changed_question_is_searched_and_told() -> None:
    spec = Spec(1, "synonyms", options={"meanings": "LH => lighthouse", "replaces": True})
    events, ruled = run(Extractive(), spec, question="How high is the LH?")
    assert Rewritten("How high is the lighthouse?") in events
    assert "It is 42 metres high. [1]" in final(events).text
    assert ruled.applied()[0]["details"] == {
        "before": "How high is the LH?",
        "after": "How high is the lighthouse?",
    }


def test_what_leaves_is_masked_in_question_passages_and_history_and_grounded_on_the_originals() -> None:
    puppet = Puppet(pieces("Ada Holm of [PHONE_1] keeps the lighthouse [1]."), rewrites="Whose is [PHONE_1]?")
    history = [Turn("Who is at ada@example.org?", "Ada Holm, ada@example.org.")]
    mask = Spec(1, "mask", options={"kinds": ["PHONE", "EMAIL"]})
    events, ruled = run(puppet, mask, question="Whose is +47 22 85 50 50?", text=HOUSE, history=history)
    sent = [message.content for request in puppet.requests for message in request.messages]
    assert len(puppet.requests) == 2
    assert not any(value in text for value in ("22 85 50 50", "ada@") for text in sent)
    done = final(events)
    assert done.text == "Ada Holm of +47 22 85 50 50 keeps the lighthouse [1]."
    assert [sentence.support for sentence in done.sentences] == ["supported"]
    assert ruled.applied()[0]["details"] == {"PHONE": 1, "EMAIL": 1, "sent_to": "puppet"}


def test_what_is_stored_is_what_was_shown_and_its_citations_stay_right() -> None:
    puppet = Puppet(
        pieces(
            "The lighthouse was built in 1897 [1]. It is 42 metres high [1]. "
            "The lighthouse was built in 1897 [1]. Its keeper was Ada Holm [1]. "
            "The harbour opens at six [2]. Boats longer than 20 metres need a pilot [2]."
        )
    )
    specs = [
        Spec(1, "banned", options={"words": "keeper", "instead": "■"}),
        Spec(2, "repeats"),
        Spec(3, "length", options={"sentences": 4}),
        NOTICE,
    ]
    events, ruled = run(puppet, *specs)
    done = final(events)
    written = (
        "The lighthouse was built in 1897 [1]. It is 42 metres high [1]. Its ■ was Ada Holm [1]. "
        "The harbour opens at six [2]."
    )
    assert text_of(events) == written
    assert done.text == f"{written}\n\nNo legal advice."
    assert [(s.support, [quote.n for quote in s.quotes]) for s in done.sentences] == [
        ("supported", [1]),
        ("supported", [1]),
        ("supported", [1]),
        ("supported", [2]),
    ]
    assert [citation.n for citation in done.citations] == [1, 2]
    assert [(one["kind"], one["count"]) for one in ruled.applied()] == [
        ("banned", 1),
        ("repeats", 1),
        ("length", 1),
        ("disclaimer", 1),
    ]


def test_quotes_without_a_model_go_through_the_rules_too() -> None:
    specs = [Spec(1, "banned", options={"words": "metres", "instead": "■"}), NOTICE]
    events, ruled = run(Extractive(), *specs)
    assert "It is 42 ■ high. [1]" in final(events).text
    assert final(events).text.endswith("\n\nNo legal advice.")
    assert kinds(ruled) == ["banned", "disclaimer"]


def test_reasoning_shows_no_banned_word_either() -> None:
    says = [Delta(reasoning="The kee"), Delta(reasoning="per is Ada."), "It is 42 metres high [1]."]
    events, ruled = run(Puppet(says), Spec(1, "banned", options={"words": "keeper", "instead": "■"}))
    thoughts = "".join(event.text for event in events if isinstance(event, Thinking))
    assert thoughts == "The ■ is Ada."
    assert [(one["kind"], one["count"]) for one in ruled.applied()] == [("banned", 1)]


def test_a_banned_word_that_comes_of_setting_marks_right_is_found() -> None:
    spec = Spec(1, "banned", options={"words": "keeper", "instead": "■"})
    events, ruled = run(Puppet("It is a kee<img src=x>per [1]."), spec)
    assert "keeper" not in final(events).text
    assert [one["count"] for one in ruled.applied()] == [1]


def test_what_was_taken_back_leaves_no_record() -> None:
    spec = Spec(1, "banned", options={"words": "keeper", "instead": "■"})
    broken = Puppet([Delta(reasoning="The keeper …"), Unavailable("gone")])
    ruled = Ruled([spec])
    backends = [broken, Puppet("It is 42 metres high [1].", name="second")]
    events = list(answer(QUESTION, find=always(LIGHTHOUSE, HARBOUR), backends=backends, rules=ruled))
    assert "42 metres" in final(events).text and ruled.applied() == []


def test_an_answer_of_which_nothing_is_left_says_so() -> None:
    spec = Spec(1, "banned", options={"words": "lighthouse", "sentences": True})
    events, ruled = run(Puppet("The lighthouse was built in 1897 [1]."), spec)
    done = final(events)
    assert (done.text, done.sentences, done.citations) == (
        "This answer was withheld by a rule of this site.",
        (),
        (),
    )
    assert text_of(events) == "" and kinds(ruled) == ["banned"]


def test_an_answer_that_breaks_off_has_its_notice() -> None:
    says: Says = ["It is 42 metres high [1]. It", Unavailable("gone")]
    events, _ruled = run(Puppet(says), NOTICE)
    assert final(events).text.endswith("It\n\nNo legal advice.") and final(events).error is not None


def test_a_refusal_has_no_notice_and_nothing_to_tell() -> None:
    events, ruled = run(Puppet("[0] The sources do not say it."), NOTICE)
    assert final(events).refused and "legal" not in final(events).text and ruled.applied() == []
