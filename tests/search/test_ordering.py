"""What tells the right passage from its neighbours, each signal by itself."""

import pytest

from search.index.tantivy import TantivyIndex
from search.ordering import Seen, signals
from search.ordering_weights import score
from search.types import Chunk, Signals

TEXTS = {
    "both": "The red lighthouse keeper lives here. Ships pass.",
    "apart": "Red is a colour. "
    + "Filler words follow each other for a while. " * 12
    + "A lighthouse has a keeper.",
    "one": "A keeper of bees.",
    "none": "Nothing of the kind.",
    "zh": "灯塔管理员住在这里。",
    "zh apart": "灯光照亮了高塔，管理工作由一位人员负责。",
}


@pytest.fixture(scope="module")
def lexical(tmp_path_factory: pytest.TempPathFactory) -> TantivyIndex:
    index = TantivyIndex(tmp_path_factory.mktemp("words"))
    index.upsert("x", [Chunk(name, name, text) for name, text in TEXTS.items()])
    return index


def of(
    lexical: TantivyIndex, query: str, *names: str, meaning: float = 0.5, words: float = 0.0
) -> list[Signals]:
    return signals(query, [Seen(TEXTS[name], "", meaning, words) for name in names], ["x"], lexical)


def test_words_in_one_place_and_side_by_side_count(lexical: TantivyIndex) -> None:
    both, apart, one, none = of(lexical, "red lighthouse keeper", "both", "apart", "one", "none")
    assert both.covered == apart.covered == pytest.approx(1)
    assert both.place == pytest.approx(1)
    assert both.pairs == both.triples == 1
    assert one.place == pytest.approx(one.covered)
    assert 0 < one.covered < apart.place < 1
    assert (apart.pairs, apart.triples, none.covered, none.place) == (0, 0, 0, 0)
    assert score(both, 1) > score(apart, 1) > score(one, 1) > score(none, 1)


def test_scripts_without_spaces_are_read_by_characters(lexical: TantivyIndex) -> None:
    close, apart = of(lexical, "灯塔管理员", "zh", "zh apart")
    assert close.pairs == close.triples == 1
    assert close.covered == pytest.approx(1)
    assert apart.triples == 0
    assert score(close, 0) > score(apart, 0)
    (traditional,) = of(lexical, "燈塔管理員", "zh")
    assert traditional == close


def test_meaning_counts_most_where_no_passage_holds_the_words(lexical: TantivyIndex) -> None:
    across = of(lexical, "谁住在那里", "none", "one", meaning=0.8)
    assert [found.alone for found in across] == [pytest.approx(0.8)] * 2
    within = of(lexical, "red lighthouse keeper", "both", "none", meaning=0.8)
    assert [found.alone for found in within] == [pytest.approx(0)] * 2


def test_title_and_headings_count_as_words_of_the_passage(lexical: TantivyIndex) -> None:
    (bare,), (titled,) = (
        signals("bees in spring", [Seen("They wake up.", context, 0.5)], ["x"], lexical)
        for context in ("", "Bees\nSpring")
    )
    assert (bare.covered, titled.covered) == (0, pytest.approx(1))


def test_parts_are_counted_and_length_counts_against_them(lexical: TantivyIndex) -> None:
    both, apart, one, none = of(lexical, "red lighthouse keeper", "both", "apart", "one", "none")
    assert both.parts == 1 > one.parts > apart.parts > none.parts == 0


def test_parts_of_words_count_in_scripts_with_spaces(lexical: TantivyIndex) -> None:
    both, none = of(lexical, "lighthousekeeper", "both", "none")
    assert (both.covered, both.parts, none.parts) == (0, 1, 0)
    chinese, other = of(lexical, "灯塔管理员", "zh", "none")
    assert (chinese.parts, other.parts) == (1, 0)
    mixed, other = of(lexical, "灯塔 lighthouse", "zh", "both")
    assert 0 < mixed.parts < 1
    assert 0 < other.parts < 1


def test_what_the_index_found_by_synonyms_counts_as_words(lexical: TantivyIndex) -> None:
    both, none = of(lexical, "beacon", "both", "none", words=0.75)
    assert both.parts == none.parts == 0.75


def test_a_question_of_stop_words_only_changes_nothing_and_breaks_nothing(lexical: TantivyIndex) -> None:
    for query in ("", "?!", "the of"):
        found = of(lexical, query, "both", "none")
        assert len(found) == 2
        assert all(0 <= score(one, 1) <= 1 for one in found)
