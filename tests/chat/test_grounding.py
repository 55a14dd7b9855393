from chat.grounding import ground
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
    assert sentence.support == "partly"


def test_an_uncited_claim_is_unsupported() -> None:
    grounded = ground(
        "The lighthouse is 42 metres high [1]. Tourists from Norway visit every summer.", PASSAGES
    )
    assert [sentence.support for sentence in grounded.sentences] == ["supported", "unsupported"]


def test_a_claim_with_a_passage_about_something_else_is_unsupported() -> None:
    (sentence,) = ground("Tourists from Norway visit every summer [2].", PASSAGES).sentences
    assert sentence.support == "unsupported"


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
