"""What a passage holds of the letters of a question's words."""

import pytest

from search.word_parts import held


def best(question: str, *passages: str) -> int:
    found = held(question, passages).tolist()
    assert max(found) == pytest.approx(1)
    return found.index(max(found))


def test_joined_ended_and_misspelt_words_are_found() -> None:
    assert best("dephosphorylate", "Phosphorylation of proteins.", "Photographs of prisms.") == 0
    assert best("back up the data base", "A picture of a bird.", "Databases and backups.") == 1
    assert best("accomodation", "Acoustic modes.", "Accommodation for two.") == 1
    assert best("Überweisungsauftrag", "Der Auftrag zur Überweisung", "Der Antrag auf Überwachung") == 0
    assert best("переводчик", "О переводе книг", "О погоде") == 0


def test_it_does_not_matter_how_a_word_is_set() -> None:
    found = held("redis", ["use REDIS.", "使用redis吧", "(redis)", "radish"]).tolist()
    assert found == pytest.approx([1, 1, 1, 0], abs=0.2)


def test_short_passages_and_rare_parts_count_more() -> None:
    long = "lighthouse " + "and something else " * 20
    assert best("lighthouse", long, "lighthouse") == 1
    assert best("harbour lighthouse", "harbour", "harbour", "harbour", "lighthouse") == 3


def test_a_part_lies_within_one_passage_and_one_word() -> None:
    assert held("lighthouse", ["ligh", "thouse", "l i g h t"]).tolist()[2] == 0
    ends, begins = held("abcd", ["ab", "cd"]).tolist()
    assert ends == begins == 0


@pytest.mark.parametrize("question", ["", "灯塔", "?!", "a b", "\ud800"])
def test_without_parts_nothing_is_held(question: str) -> None:
    assert held(question, ["灯塔 lighthouse \ud800", ""]).tolist() == [0, 0]


def test_without_passages_there_is_nothing_to_say() -> None:
    assert held("lighthouse", []).tolist() == []


def test_stop_words_count_where_there_is_nothing_else() -> None:
    assert best("the lighthouse", "the the their these", "a light") == 1
    assert best("where", "light", "Where is it?") == 1


def test_letters_that_change_their_number_in_lower_case_keep_passages_apart() -> None:
    assert best("lighthouse", "İİİİİİİİ", "nothing", "lighthouse") == 2
