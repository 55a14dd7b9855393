"""What tells the right passage from its neighbours, each signal by itself."""

from pathlib import Path

import pytest

from search import ordering
from search.index.tantivy import TantivyIndex
from search.ordering import Seen, signals
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
    lexical: TantivyIndex, query: str, *names: str, words: float = 0.5, meaning: float = 0.5
) -> list[Signals]:
    return signals(query, [Seen(TEXTS[name], "", words, meaning) for name in names], ["x"], lexical)


def test_words_in_one_place_and_side_by_side_count(lexical: TantivyIndex) -> None:
    both, apart, one, none = of(lexical, "red lighthouse keeper", "both", "apart", "one", "none")
    assert both.covered == apart.covered == pytest.approx(1)
    assert both.place == pytest.approx(1)
    assert both.pairs == both.triples == 1
    assert one.place == pytest.approx(one.covered)
    assert 0 < one.covered < apart.place < 1
    assert (apart.pairs, apart.triples, none.covered, none.place) == (0, 0, 0, 0)
    assert ordering.score(both) > ordering.score(apart) > ordering.score(one) > ordering.score(none)


def test_scripts_without_spaces_are_read_by_characters(lexical: TantivyIndex) -> None:
    close, apart = of(lexical, "灯塔管理员", "zh", "zh apart")
    assert close.pairs == close.triples == 1
    assert close.covered == pytest.approx(1)
    assert apart.triples == 0
    assert ordering.score(close) > ordering.score(apart)
    (traditional,) = of(lexical, "燈塔管理員", "zh")
    assert traditional == close


def test_meaning_counts_most_where_no_passage_holds_the_words(lexical: TantivyIndex) -> None:
    across = of(lexical, "谁住在那里", "none", "one", meaning=0.8)
    assert [found.alone for found in across] == [pytest.approx(0.8)] * 2
    within = of(lexical, "red lighthouse keeper", "both", "none", meaning=0.8)
    assert [found.alone for found in within] == [pytest.approx(0)] * 2


def test_title_and_headings_count_as_words_of_the_passage(lexical: TantivyIndex) -> None:
    (bare,), (titled,) = (
        signals("bees in spring", [Seen("They wake up.", context, 0.5, 0.5)], ["x"], lexical)
        for context in ("", "Bees\nSpring")
    )
    assert (bare.covered, titled.covered) == (0, pytest.approx(1))


def test_a_question_of_stop_words_only_changes_nothing_and_breaks_nothing(lexical: TantivyIndex) -> None:
    for query in ("", "?!", "the of"):
        found = of(lexical, query, "both", "none")
        assert len(found) == 2
        assert all(0 <= ordering.score(one) <= 1 for one in found)


def test_every_signal_has_a_weight() -> None:
    assert tuple(ordering.weights()) == ordering.NAMES
    assert all(weight >= 0 for weight in ordering.weights().values())
    assert (Path(ordering.__file__).parent / "ordering_weights.json").is_file()


def test_a_weight_of_meaning_that_was_set_scales_what_was_learned() -> None:
    learned = ordering.weights()
    of_meaning = ("meaning", "alone")
    words = sum(weight for name, weight in learned.items() if name not in of_meaning)
    share = learned["meaning"] / (learned["meaning"] + words)
    assert ordering.weights_with(share) == pytest.approx(learned)
    nothing, everything = ordering.weights_with(0.0), ordering.weights_with(1.0)
    assert {name for name, weight in nothing.items() if weight} == learned.keys() - set(of_meaning)
    assert {name for name, weight in everything.items() if weight} == {"meaning"}
