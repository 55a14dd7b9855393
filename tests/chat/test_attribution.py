from chat.attribution import attributed
from chat.citation_marks import take_out
from tests.chat.passages import HARBOUR, LIGHTHOUSE

PASSAGES = {1: HARBOUR, 2: LIGHTHOUSE}


def test_each_sentence_gets_the_passage_that_supports_it() -> None:
    text, added = attributed("The lighthouse is 42 metres high. The harbour opens at six.", PASSAGES, {})
    assert text == "The lighthouse is 42 metres high [2]. The harbour opens at six [1]."
    assert [mark.n for mark in added] == [2, 1]


def test_what_no_passage_supports_stays_without() -> None:
    text, added = attributed("It is 57 metres high. Tourists come every summer.", PASSAGES, {})
    assert take_out(text)[1] == added == []


def test_marks_that_are_there_stay() -> None:
    text, added = attributed("The lighthouse is 42 metres high [2]. The harbour opens at six.", PASSAGES, {})
    assert text == "The lighthouse is 42 metres high [2]. The harbour opens at six [1]."
    assert [mark.n for mark in added] == [1]


def test_chinese_marks_stand_before_the_full_stop() -> None:
    text, _added = attributed("灯塔高四十二米。", {1: "灯塔建于一八九七年。它高四十二米。"}, {})
    assert text == "灯塔高四十二米[1]。"


def test_lines_that_lead_on_get_none() -> None:
    text, _added = attributed(
        "The harbour opens at six:\n\n- Boats longer than 20 metres need a pilot.", PASSAGES, {}
    )
    assert text == "The harbour opens at six:\n\n- Boats longer than 20 metres need a pilot [1]."


def test_code_stays_as_it_is() -> None:
    code = "```\nlighthouse --built 1897 --keeper 'Ada Holm'\n```"
    text, _added = attributed(f"The lighthouse is 42 metres high.\n\n{code}", PASSAGES, {})
    assert text == f"The lighthouse is 42 metres high [2].\n\n{code}"
