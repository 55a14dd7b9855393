from collections.abc import Sequence

import pytest

from chat.grounding import ground
from chat.reasons import in_words
from tests.chat.grounding_pairs import HELD_OUT, MORE_PAIRS, PAIRS, Pair
from tests.chat.passages import HARBOUR, LIGHTHOUSE

PASSAGES = {1: LIGHTHOUSE, 2: HARBOUR}


def test_a_sentence_that_its_passage_says_is_supported() -> None:
    grounded = ground("The lighthouse is 42 metres high [1].", PASSAGES)
    (sentence,) = grounded.sentences
    assert sentence.support == "supported"
    assert sentence.quotes[0].text in LIGHTHOUSE
    assert "42 metres high" in sentence.quotes[0].text


def test_quotes_are_exact_places_in_the_passage() -> None:
    quote = ground("Boats over 20 metres need a pilot [2].", PASSAGES).first_quotes[2]
    assert HARBOUR[quote.start : quote.end] == quote.text
    assert quote.text.startswith("Boats longer")


def test_a_number_that_the_passage_does_not_hold_is_not_supported() -> None:
    (sentence,) = ground("The lighthouse is 57 metres high [1].", PASSAGES).sentences
    assert sentence.support == "unsupported"
    assert (sentence.reason, sentence.detail) == ("figure_missing", "57")


def test_an_uncited_claim_is_unsupported() -> None:
    grounded = ground(
        "The lighthouse is 42 metres high [1]. Tourists from Norway visit every summer.", PASSAGES
    )
    assert [sentence.support for sentence in grounded.sentences] == ["supported", "unsupported"]


def test_a_claim_with_a_passage_about_something_else_is_unsupported() -> None:
    (sentence,) = ground("Tourists from Norway visit every summer [2].", PASSAGES).sentences
    assert sentence.support == "unsupported"


def test_a_heading_is_not_quoted_where_nothing_fits() -> None:
    grounded = ground("Tourists from Norway come often [1].", {1: f"# Coast\n\n{LIGHTHOUSE}"})
    assert not grounded.first_quotes[1].text.startswith("#")


def test_a_source_is_shown_with_the_words_that_support_a_sentence() -> None:
    grounded = ground("Tourists come often [1]. The lighthouse is 42 metres high [1].", PASSAGES)
    assert "42 metres high" in grounded.first_quotes[1].text


def test_an_answer_in_another_language_than_its_source_is_not_judged_by_words() -> None:
    (sentence,) = ground("这座灯塔高四十二米,由阿达看守[1]。", PASSAGES).sentences
    assert sentence.support == "unchecked"
    assert sentence.numbers == [1]


def test_numbers_nobody_gave_are_dropped_and_named() -> None:
    grounded = ground("It is 42 metres high [1][7].", PASSAGES)
    assert grounded.text == "It is 42 metres high [1]."
    assert grounded.invented == (7,)


def test_marks_behind_the_full_stop_belong_to_the_sentence_before() -> None:
    grounded = ground("It is 42 metres high. [1] The harbour opens at six. [2]", PASSAGES)
    assert [sentence.numbers for sentence in grounded.sentences] == [[1], [2]]


def test_chinese_marks() -> None:
    passages = {1: "灯塔建于一八九七年。它高四十二米。"}
    grounded = ground("灯塔高四十二米【1】。", passages)
    assert grounded.text == "灯塔高四十二米[1]。"
    assert grounded.sentences[0].quotes[0].text.endswith("它高四十二米。")
    assert grounded.sentences[0].support == "supported"


def test_an_empty_answer() -> None:
    assert ground("", PASSAGES).sentences == ()


def judged(pair: Pair) -> str:
    return ground(f"{pair.claim} [1]", {1: pair.passage}).sentences[0].support


@pytest.mark.parametrize(
    ("pairs", "precision", "recall"), [(PAIRS + MORE_PAIRS, 0.97, 0.97), (HELD_OUT, 0.95, 0.86)]
)
def test_labelled_pairs(pairs: Sequence[Pair], precision: float, recall: float) -> None:
    """How often "supported" is right, and how much of what is supported is found."""
    supported = [pair for pair in pairs if judged(pair) == "supported"]
    right = sum(pair.holds == "yes" for pair in supported)
    assert right / len(supported) >= precision
    assert right / sum(pair.holds == "yes" for pair in pairs) >= recall


def test_contradictions_are_seldom_called_supported() -> None:
    wrong = [pair for pair in [*PAIRS, *MORE_PAIRS, *HELD_OUT] if pair.holds == "no"]
    assert sum(judged(pair) == "supported" for pair in wrong) <= 0.05 * len(wrong)
    assert sum(judged(pair) == "unsupported" for pair in wrong) >= 0.9 * len(wrong)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("It is 24 metres high [1].", "figure_missing"),
        ("The lighthouse was built in 1897 by Nils Berg [1].", "name_missing"),
        ("The lighthouse was not built in 1897 [1].", "negation"),
        ("Tourists from Norway visit every summer.", "uncited"),
        ("Tourists visit every summer [1].", "words_missing"),
    ],
)
def test_every_doubt_has_a_reason_in_words(answer: str, reason: str) -> None:
    (sentence,) = ground(answer, PASSAGES).sentences
    assert sentence.reason == reason
    words = in_words(sentence.support, sentence.reason, sentence.detail)
    assert words.endswith((".", "”."))
    assert "%" not in words


def test_what_the_title_names_need_not_be_said_again() -> None:
    passages, titles = {1: "It was built in 1897."}, {1: "Skagen › Lighthouse"}
    (sentence,) = ground("The lighthouse of Skagen was built in 1897 [1].", passages, titles=titles).sentences
    assert sentence.support == "supported"


def test_a_line_that_leads_to_a_list_and_headings_are_no_statements() -> None:
    grounded = ground(
        "## Boats and pilots\n\nThese rules hold for boats:\n\n- They need a pilot [2].", PASSAGES
    )
    assert [sentence.support for sentence in grounded.sentences][:2] == ["unchecked", "unchecked"]


def test_items_rest_on_the_citation_of_their_head() -> None:
    text = "The handbook says of the lighthouse [1]:\n\n- It is 42 metres high.\n- It is 24 metres high."
    supports = [sentence.support for sentence in ground(text, PASSAGES).sentences]
    assert supports[1:] == ["supported", "unsupported"]


def test_code_rests_on_the_citation_of_the_sentence_before_it() -> None:
    code = "```\n# dpkg-reconfigure tzdata\n\n$ export TZ=Europe/Oslo\n```"
    sentence = "下面是重新配置 Debian 系统使用的时区。"
    passages = {1: LIGHTHOUSE, 2: f"## 时区\n\n{sentence}\n\n{code}\n\n时区也可以另外设置。"}
    grounded = ground(f"{sentence} [2]\n\n{code}\n\nTourists from Norway visit it.", passages)
    said = [(one.text, one.support, one.numbers) for one in grounded.sentences if one.text != "```"]
    assert said == [
        (sentence, "supported", [2]),
        ("# dpkg-reconfigure tzdata", "supported", [2]),
        ("$ export TZ=Europe/Oslo", "supported", [2]),
        ("Tourists from Norway visit it.", "unsupported", []),
    ]
    assert grounded.first_quotes[2].text == sentence
    other = ground("The harbour opens at six [2].\n\n```\n$ rm -rf /etc/localtime\n```", PASSAGES).sentences
    assert (other[2].support, other[2].reason) == ("unsupported", "words_missing")


def test_figures_are_compared_across_languages() -> None:
    sentences = ground("这座灯塔高四十二米[1]。这座灯塔高二十四米[1]。", PASSAGES).sentences
    assert [sentence.support for sentence in sentences] == ["unchecked", "unsupported"]


def test_meaning_settles_what_words_leave_open() -> None:
    asked: list[tuple[str, str]] = []

    def close(pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        asked.extend(pairs)
        return [0.9 if "keeper" in passage else 0.1 for _claim, passage in pairs]

    text = "It is 42 metres high [1]. The warden of the tower was Ada [1]. It is 57 metres high [1]."
    supports = [sentence.support for sentence in ground(text, PASSAGES, similarity=close).sentences]
    assert supports == ["supported", "supported", "unsupported"]
    assert {claim for claim, _passage in asked} == {"The warden of the tower was Ada."}


def test_a_model_that_does_not_know_the_language_changes_nothing() -> None:
    text = "The warden of the tower was Ada [1]."
    without = ground(text, PASSAGES)
    silent = ground(text, PASSAGES, similarity=lambda pairs: [None] * len(pairs))
    assert silent == without
