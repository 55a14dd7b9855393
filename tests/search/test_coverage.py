import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from search import language
from search.coverage import (
    FULL,
    MAX_WEIGHT,
    PROBE_VERSION,
    SILENT,
    Coverage,
    measure,
    measure_cosines,
    probe,
)
from search.embedding.hashed import HashedEmbedder
from search.protocols import Vectors


class KnowsByHeart:
    """Recognises the probe of some languages and nothing else: questions and answers share a vector."""

    dimension = 512

    def __init__(self, *languages: str) -> None:
        self.fingerprint = f"by-heart-{'-'.join(languages)}"
        self.asked = 0
        pairs = [pair for name in languages for pair in probe()[name]]
        self._place = {text: number for number, pair in enumerate(pairs) for text in pair}

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += 1
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[self._place.get(text, self.dimension - 1 - len(text) % 97)] = 1.0
        return rows

    embed_queries = embed


def test_the_probe_has_enough_questions_and_no_doubles() -> None:
    counts = {name: len(pairs) for name, pairs in probe().items()}
    assert counts["en"] >= 40
    assert counts["zh"] >= 40
    assert min(counts.values()) >= 12
    for pairs in probe().values():
        assert len({text for pair in pairs for text in pair}) == 2 * len(pairs)


def test_measuring_tells_known_from_unknown_languages() -> None:
    measured = measure(KnowsByHeart("zh"))
    assert measured["zh"] == 1.0
    assert measure(KnowsByHeart("en", "zh"))["en"] == 1.0


def test_weight_follows_the_language_of_the_question(tmp_path: Path) -> None:
    path = tmp_path / f"coverage-{PROBE_VERSION}-by-heart-en.json"
    path.write_text(
        json.dumps(
            {
                "languages": {"en": 0.9, "zh": 0.1, "de": (SILENT + FULL) / 2},
                "noise": 0.2,
                "signal": 0.6,
                "weight": MAX_WEIGHT,
            }
        )
    )
    coverage = Coverage(KnowsByHeart("en"), tmp_path)
    assert coverage.dense_weight("Where do bees find honey?") == MAX_WEIGHT
    assert coverage.dense_weight("蜜蜂在哪里采蜜？") == 0.0
    assert coverage.dense_weight("Wo finden die Bienen den Honig?") == pytest.approx(MAX_WEIGHT / 2)
    assert coverage.dense_weight("Vue 的响应式原理是什么") == 0.0
    assert coverage.dense_weight("What does the character 蜜 mean in this sentence?") == MAX_WEIGHT
    assert coverage.dense_weight("मधुमक्खी") == 0.0
    assert coverage.dense_weight("12345 ???") == 0.0


def test_a_model_can_count_more_or_less_than_usual(tmp_path: Path) -> None:
    path = tmp_path / f"coverage-{PROBE_VERSION}-by-heart-en.json"
    path.write_text(json.dumps({"languages": {"en": 0.9}, "noise": 0.2, "signal": 0.6, "weight": 0.1}))
    coverage = Coverage(KnowsByHeart("en"), tmp_path)
    assert coverage.dense_weight("Where do bees find honey?") == 0.1
    assert coverage.trust("Where do bees find honey?") == 1.0


def test_cosines_of_any_model_come_on_one_scale(tmp_path: Path) -> None:
    for noise, signal in ((0.2, 0.6), (0.8, 0.9)):
        path = tmp_path / f"coverage-{PROBE_VERSION}-by-heart-en.json"
        path.write_text(json.dumps({"languages": {"en": 1}, "noise": noise, "signal": signal, "weight": 0.4}))
        coverage = Coverage(KnowsByHeart("en"), tmp_path)
        assert coverage.noise() == noise
        assert coverage.calibrated((noise + signal) / 2) == pytest.approx(0.5)
        assert coverage.calibrated(noise - 0.1) == 0.0
        assert coverage.calibrated(1.0) == 1.0


def test_a_scale_without_width_is_a_step() -> None:
    coverage = Coverage(HashedEmbedder())
    assert coverage.calibrated(coverage.noise() - 0.05) == 0.0
    assert coverage.calibrated(coverage.noise() + 0.05) == 1.0


def test_noise_and_signal_are_measured_where_the_model_knows_the_language() -> None:
    model = KnowsByHeart("en", "zh")
    noise, signal = measure_cosines(model, measure(model))
    assert (noise, signal) == (0.0, 1.0)
    assert measure_cosines(HashedEmbedder(), {"en": 0.1, "zh": 0.05})[0] > 0


def test_measured_once_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    first = KnowsByHeart("en", "ja")
    assert Coverage(first, folder).languages()["ja"] == 1.0
    assert first.asked > 0
    second = KnowsByHeart("en", "ja")
    assert Coverage(second, folder).languages() == Coverage(first, folder).languages()
    assert second.asked == 0
    (file,) = folder.iterdir()
    file.write_text("damaged")
    Coverage(second, folder).languages()
    assert second.asked > 0
    assert json.loads(file.read_text())["languages"]["en"] == 1.0


def test_a_folder_that_cannot_be_written_is_survived(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("in the way")
    assert Coverage(KnowsByHeart("en"), tmp_path / "models").languages()["en"] == 1.0


def test_a_model_without_meaning_is_not_trusted() -> None:
    assert Coverage(HashedEmbedder()).dense_weight("Where do bees find honey?") == 0.0
    assert Coverage(HashedEmbedder(64)).dense_weight("Where do bees find honey?") == 0.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is the harbour?", "en"),
        ("password reset", "en"),
        ("港口在哪里？", "zh"),
        ("港はどこですか", "ja"),
        ("항구는 어디에 있습니까", "ko"),
        ("Где находится порт", "ru"),
        ("Wo ist der Hafen und wie groß ist er?", "de"),
        ("Où est le port et combien de bateaux ?", "fr"),
        ("¿Dónde está el puerto?", "es"),
        ("ท่าเรืออยู่ที่ไหน", "other"),
    ],
)
def test_language(text: str, expected: str) -> None:
    shares = language.shares(text)
    assert max(shares, key=lambda name: shares[name]) == expected
    assert sum(shares.values()) == pytest.approx(1.0)


def test_no_letters_no_language() -> None:
    assert language.shares("123 ?!") == {}
