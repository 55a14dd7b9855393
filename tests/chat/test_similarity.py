import json
from pathlib import Path

import numpy as np
import pytest
from pytest_django import Settings

from chat.similarity import by_embedding, to_question
from search import registry
from search.coverage import PROBE_VERSION
from search.protocols import Embedder


@pytest.fixture
def english_only(settings: Settings, tmp_path: Path) -> Embedder:
    """An embedder that was measured to know English and no other language."""
    settings.DATA_DIR = tmp_path
    settings.EMBEDDING = {"BACKEND": settings.EMBEDDING["BACKEND"], "OPTIONS": {"dimension": 64}}
    registry.reset()
    embedder = registry.embedder()
    (tmp_path / "models").mkdir()
    kept = tmp_path / "models" / f"coverage-{PROBE_VERSION}-{embedder.fingerprint}.json"
    measured = {"languages": {"en": 0.9, "zh": 0.1}, "noise": 0.3, "signal": 0.6, "weight": 0.4}
    kept.write_text(json.dumps(measured))
    return embedder


def test_pairs_in_a_known_language_get_their_cosine(english_only: Embedder) -> None:
    one, other = "The tower is high.", "The tower is very high."
    (cosine,) = by_embedding([(one, other)])
    vectors = english_only.embed([one, other])
    assert cosine == pytest.approx(float(np.dot(vectors[0], vectors[1])))


def test_other_languages_are_not_guessed(english_only: Embedder) -> None:
    assert by_embedding([("灯塔很高。", "灯塔高。"), ("The tower.", "灯塔。")]) == [None, None]
    assert by_embedding([]) == []


def test_a_question_is_compared_with_passages_as_the_search_does(english_only: Embedder) -> None:
    question, texts = "How high is the tower?", ["The tower is very high.", "There is a cafe in the harbour."]
    cosines = to_question(question, [*texts, texts[0]])
    expected = english_only.embed(texts) @ english_only.embed_queries([question])[0]
    assert cosines == pytest.approx([float(expected[0]), float(expected[1]), float(expected[0])])


def test_a_question_or_a_text_in_an_unknown_language_is_not_compared(english_only: Embedder) -> None:
    assert to_question("灯塔有多高?", ["The tower is high."]) is None
    assert to_question("How high is the tower?", ["The tower is high.", "灯塔很高，看守人住在那里。"]) is None


def test_a_model_that_is_missing_changes_no_answer(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.EMBEDDING = {
        "BACKEND": "search.embedding.sentence_transformer.SentenceTransformerEmbedder",
        "OPTIONS": {"model": str(tmp_path / "nothing-here")},
    }
    registry.reset()
    assert by_embedding([("The tower is high.", "It is high.")]) == [None]
    assert to_question("How high is the tower?", ["It is high."]) is None
