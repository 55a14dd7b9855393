import json
from pathlib import Path

import pytest

from search import evidence
from search.evidence import THRESHOLD, Evidence, in_another_script, judge, learned, log_odds
from search.evidence_features import NAMES, Passage, measure
from search.evidence_terms import read
from search.index.memory import MemoryLexicalIndex
from search.types import Chunk

SEARCH = Path(evidence.__file__).parent
# Fingerprints of the models whose own cosines were learned on.
LEARNED = sorted(set(learned().cosines) - {"other"})

TEXTS = {
    "salt": "Salt from the marshes, shipped to the Baltic, made the merchants of the town rich.",
    "fire": "In August 1684 a baker's oven set fire to the wooden lanes of the town.",
    "盐": "盐沼产的盐远销波罗的海，给经商的家族带来了财富。",
    "火": "1684年8月，面包师的炉子点燃了木头小巷。",
}


class Trust:
    def __init__(self, weight: float = 0.0, noise: float = 0.0) -> None:
        self._weight = weight
        self._noise = noise

    def trust(self, query: str) -> float:
        return self._weight

    def noise(self) -> float:
        return self._noise


@pytest.fixture
def lexical() -> MemoryLexicalIndex:
    index = MemoryLexicalIndex()
    index.upsert("g", [Chunk(key, key, text) for key, text in TEXTS.items()])
    return index


def ask(
    lexical: MemoryLexicalIndex,
    query: str,
    cosine: float | None = None,
    trust: float = 0.0,
    *,
    noise: float = 0.0,
    embedding: str = "",
) -> Evidence:
    texts = [TEXTS[found.chunk_id] for found in lexical.query("g", query, 4)]
    return judge(
        query,
        texts,
        [cosine] * len(texts),
        index_ids=["g", "g"],
        lexical=lexical,
        coverage=Trust(trust, noise),
        embedding=embedding,
    )


@pytest.mark.parametrize(
    ("query", "answerable"),
    [
        ("What made the merchants rich?", True),
        ("When did the baker's oven set fire to the lanes?", True),
        ("How many moons does Jupiter have?", False),
        ("When did the bishop of the town die?", False),
        ("什么点燃了木头小巷？", True),
        ("盐远销到哪里？", True),
        ("木星有多少颗卫星？", False),
    ],
)
def test_judge(lexical: MemoryLexicalIndex, query: str, answerable: bool) -> None:
    result = ask(lexical, query)
    assert result.answerable is answerable
    assert 0.0 <= result.score <= 1.0
    assert result.answerable == (result.score >= THRESHOLD)


def test_nothing_found_or_nothing_asked_is_no_evidence(lexical: MemoryLexicalIndex) -> None:
    for query, texts in (("salt", []), ("???", ["salt"])):
        result = judge(query, texts, [], index_ids=["g"], lexical=lexical, coverage=Trust())
        assert result == Evidence(0.0, answerable=False)


@pytest.mark.parametrize("embedding", ["", *LEARNED])
@pytest.mark.parametrize("query", ["What made the merchants rich?", "什么点燃了木头小巷？"])
def test_a_cosine_counts_only_where_the_model_is_trusted(
    lexical: MemoryLexicalIndex, query: str, embedding: str
) -> None:
    assert ask(lexical, query, 0.9, embedding=embedding) == ask(lexical, query)
    near = ask(lexical, query, 0.6, 1.0, embedding=embedding).score
    assert near > ask(lexical, query, 0.1, 1.0, embedding=embedding).score


@pytest.mark.parametrize("query", ["What made the merchants rich?", "什么点燃了木头小巷？"])
def test_cosines_of_an_unknown_model_are_moved_onto_a_known_scale(
    lexical: MemoryLexicalIndex, query: str
) -> None:
    assert ask(lexical, query, 0.4, 1.0, noise=0.2).score == pytest.approx(
        ask(lexical, query, 0.7, 1.0, noise=0.5).score
    )


def test_models_with_cosines_of_their_own_are_ones_whose_noise_was_measured() -> None:
    measured = json.loads((SEARCH / "measured_coverage.json").read_text(encoding="utf-8"))
    assert {name: learned().of(name).noise for name in LEARNED} == {
        name: pytest.approx(measured[name]["noise"]) for name in LEARNED
    }


@pytest.mark.parametrize("embedding", LEARNED)
@pytest.mark.parametrize(
    ("query", "nearest", "text"),
    [
        ("面包师的炉子点燃了什么？", "fire", "The harbour froze in that winter."),
        ("What did the salt of the marshes bring?", "盐", "那年冬天港口结冰了。"),
    ],
)
def test_cosines_alone_may_speak_for_a_passage_in_another_script(
    lexical: MemoryLexicalIndex, query: str, nearest: str, text: str, embedding: str
) -> None:
    def of(cosine: float, trust: float = 1.0) -> bool:
        texts, coverage = [TEXTS[nearest], text], Trust(trust, learned().of(embedding).noise)
        return judge(
            query, texts, [cosine, 0.1], index_ids=["g"], lexical=lexical, coverage=coverage,
            embedding=embedding,
        ).answerable  # fmt: skip

    assert of(0.5)
    assert not of(0.2)
    assert not of(0.5, trust=0.0)


@pytest.mark.parametrize(
    ("dense", "cosines", "expected"),
    [
        (0.0, (0.3, 0.5), True),
        (0.0, (0.48, 0.5), False),
        (0.0, (0.5, 0.3), False),
        (1.0, (0.5, 0.3), True),
        (1.0, (0.3, 0.5), False),
        (1.0, (None, None), False),
    ],
)
def test_another_script_has_to_be_clearly_nearer(
    dense: float, cosines: tuple[float | None, ...], expected: bool
) -> None:
    texts = ("The oven burned.", "炉子点燃了小巷。")
    passages = [Passage(text, cosine=cosine) for text, cosine in zip(texts, cosines, strict=True)]
    assert in_another_script(dense, passages) is expected


def test_missing_scores_are_looked_up(lexical: MemoryLexicalIndex) -> None:
    query = "What made the merchants rich?"
    known = [found.score for found in lexical.query("g", query, 4)]
    texts = [TEXTS[found.chunk_id] for found in lexical.query("g", query, 4)]
    given = judge(query, texts, [], index_ids=["g"], lexical=lexical, coverage=Trust(), bm25=known)
    assert given == judge(query, texts, [], index_ids=["g"], lexical=lexical, coverage=Trust())


def features(query: str, *passages: Passage, total: int = 100, **frequencies: int) -> dict[str, float]:
    question = read(query)
    known = {term.text: frequencies.get(term.text, 1) for term in question.terms}
    return measure(query, question, passages, known, total, 10.0)


def test_every_feature_is_there_and_learned() -> None:
    found = features("Who baked?", Passage("The baker baked."))
    assert set(found) == set(NAMES)
    assert log_odds(found, dense=0.0, trust=1.0) != log_odds(found, dense=1.0, trust=0.0)
    for known in learned().cosines.values():
        for part in (known.words, known.dense, known.cosine, known.across):
            assert set(part or {"bias": 0.0}) - set(found) == {"bias"}


def test_a_question_word_and_the_kind_of_answer_weigh_little() -> None:
    weights = {term.text: term.weight for term in read("Which year did the baker move?").terms}
    assert weights["year"] < weights["baker"] == 1.0
    weights = {term.text: term.weight for term in read("面包师使用什么类型的炉子？").terms}
    assert weights["类型"] < weights["炉子"] == 1.0
    assert "什么" not in weights


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("When did Berta sell the Krone in 1684?", {"berta", "krone", "1684"}),
        ("When did she sell it?", set()),
        ("LOR是谁提出的？", {"lor"}),
        ("《盐路》是谁写的？", {"盐路"}),
        ("阿尔贝托在哪里出生？", {"阿尔", "尔贝"}),
    ],
)
def test_names_are_recognised(query: str, names: set[str]) -> None:
    assert {term.text for term in read(query).terms if term.name} >= names
    if not names:
        assert not any(term.name for term in read(query).terms)


def test_a_question_of_stop_words_keeps_them() -> None:
    assert read("what is this").terms
    assert read("什么是什么").terms


def test_one_place_says_more_than_words_scattered_over_a_passage() -> None:
    together = "The oven burned the lane. It rained. Snow fell. Nobody came."
    scattered = "The oven is old. It rained. Snow fell. The lane burned."
    near, far = (features("Did the oven burn the lane?", Passage(text)) for text in (together, scattered))
    assert near["passage"] == pytest.approx(far["passage"])
    assert near["window"] > far["window"]


def test_the_lead_over_others_leaves_out_copies() -> None:
    text = "The baker's oven burned the wooden lanes of the town."
    other = Passage("Snow fell on the baker in the winter of that year.")
    alone = features("Which oven burned the lanes?", Passage(text), other)
    copied = features("Which oven burned the lanes?", Passage(text), Passage(text + " Again."), other)
    assert copied["lead"] == pytest.approx(alone["lead"])
    assert alone["lead"] > 0


def test_another_form_of_a_word_counts_in_part() -> None:
    exact, similar, none = (
        features("Who lived in the colony?", Passage(text))["passage"]
        for text in ("The colony lived on salt.", "The colonies lived on salt.", "The town lived on salt.")
    )
    assert exact >= similar > none
    similar = features("Which migrations were large?", Passage("Large migratory herds."))["passage"]
    assert similar > features("Which migrations were large?", Passage("Large herds."))["passage"]


def test_titles_and_headings_count() -> None:
    with_heading = features("Which roles exist?", Passage("There are three.", "Roles"))
    assert with_heading["passage"] > features("Which roles exist?", Passage("There are three."))["passage"]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("How many lanes burned?", "Twelve lanes, or perhaps 13, burned.", 0.0),
        ("How many lanes burned?", "The lanes burned.", 1.0),
        ("How many lanes burned in 1684?", "In 1684 the lanes burned.", 1.0),
        ("Which lanes burned?", "The lanes burned.", 0.0),
        ("烧了多少条小巷？", "小巷都烧了。", 1.0),
        ("哪一年烧了小巷？", "小巷在1684年烧了。", 0.0),
    ],
)
def test_a_number_that_is_asked_for_must_be_there(query: str, text: str, expected: float) -> None:
    assert features(query, Passage(text))["no_number"] == expected


def test_chinese_that_stands_together_and_what_is_missing() -> None:
    whole = features("木头小巷何时着火？", Passage("木头小巷着火了。"))
    pieces = features("木头小巷何时着火？", Passage("木头堆在小巷，着火了。"))
    absent = features("木头小巷何时着火？", Passage("面包师来了。"))
    assert whole["runs"] > pieces["runs"] > absent["runs"] == 0.0
    assert whole["missing_stretch"] == 0.0 < absent["missing_stretch"]
    assert absent["runs_missing"] == 1.0
