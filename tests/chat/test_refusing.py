import pytest
from django.utils import translation

from chat.refusing import in_text, joined, refusal
from tests.chat.passages import HARBOUR, LIGHTHOUSE, passage

PASSAGES = [passage(LIGHTHOUSE, 1), passage(HARBOUR, 2)]


def test_the_parts_of_a_refusal() -> None:
    told = refusal("Who won the regatta?", PASSAGES, searched=["Coast"], language="en")
    assert told.head == "The documents searched do not hold an answer to “Who won the regatta?”."
    assert told.scope == "The 2 nearest passages of 2 documents in “Coast” were looked at."
    assert told.advice[0] == "None of them holds “won”, “regatta”: try another word for it."
    text = in_text(told, "en")
    assert text.split("\n\n") == [f"{told.head} {told.scope}", " ".join(told.advice)]


def test_the_collections_are_those_of_the_passages_where_none_is_named() -> None:
    assert refusal("Who?", PASSAGES, searched=(), language="en").collections == ("Handbook",)


def test_the_person_reads_their_own_question_and_what_was_searched_for_counts() -> None:
    told = refusal("regatta Who won it?", PASSAGES, searched=["Coast"], language="en", asked="Who won it?")
    assert told.question == "Who won it?"
    assert told.head == "The documents searched do not hold an answer to “Who won it?”."
    assert "“regatta”" in told.advice[0]


def test_a_missing_word_is_named_once() -> None:
    told = refusal("regatta or regatta?", PASSAGES, searched=["Coast"], language="en")
    assert told.advice[0] == "None of them holds “regatta”: try another word for it."


def test_nothing_found() -> None:
    told = refusal("Who?", [], searched=["Coast"], language="en")
    assert told.scope == "Nothing in “Coast” came near it."
    assert told.advice == ("Try other words, or choose more collections.",)


def test_many_collections_are_counted() -> None:
    told = refusal("Who?", [], searched=[f"C{n}" for n in range(9)], language="en")
    assert "“C4”, 4 more" in told.scope


@pytest.mark.parametrize(("language", "text"), [("en", "One. Two."), ("zh", "One.Two.")])
def test_sentences_are_joined_as_the_language_does(language: str, text: str) -> None:
    assert joined(["One.", "", "Two."], language) == text


def test_the_language_is_that_of_the_question_not_of_the_site() -> None:
    with translation.override("zh-hans"):
        assert refusal("Who?", [], searched=(), language="en").head.startswith("The documents")
