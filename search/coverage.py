"""How well an embedding model knows a language, measured on questions that the project brings.

Each probe language has passages that come in groups on one subject, and a question on each, put in
other words. A model that does not know the language finds the right passage about as often as chance
would. What was measured is kept per model fingerprint.
"""

import json
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from search import language
from search.protocols import Embedder

log = logging.getLogger(__name__)

PROBE_VERSION = 3
# Best or next to best on SciFact, XQuAD en and SQuAD 2 (docs/decisions/002). A model that comes with Youju
# may have a weight of its own.
MAX_WEIGHT = 0.4
# Below the first coverage a model is not listened to at all, from the second on fully. Measured: the
# English model has 0.84 in English and at most 0.13 elsewhere.
SILENT = 0.3
FULL = 0.8
# A language that makes up less of the question than this does not count.
MINOR_SHARE = 0.25
# A model whose right and wrong pairs do not differ gets a step instead of a scale.
_LEAST_WIDTH = 0.01


@lru_cache(maxsize=1)
def _known() -> Mapping[str, Mapping[str, Any]]:
    """What was measured of models that come with Youju, by fingerprint."""
    raw: dict[str, dict[str, Any]] = json.loads(
        (Path(__file__).parent / "measured_coverage.json").read_text(encoding="utf-8")
    )
    return raw


@lru_cache(maxsize=1)
def probe() -> Mapping[str, Sequence[tuple[str, str]]]:
    """Language to pairs of a question and the passage that answers it."""
    raw = json.loads((Path(__file__).parent / "probe.json").read_text(encoding="utf-8"))
    return {name: [(question, passage) for question, passage in pairs] for name, pairs in raw.items()}


def measure(embedder: Embedder) -> dict[str, float]:
    """Coverage of each probe language: mean reciprocal rank, scaled so that chance is 0 and perfect 1."""
    result: dict[str, float] = {}
    for name, pairs in probe().items():
        questions = embedder.embed_queries([question for question, _passage in pairs])
        passages = embedder.embed([passage for _question, passage in pairs])
        cosines = questions @ passages.T
        ranks = 1 + (cosines > np.diagonal(cosines)[:, None]).sum(axis=1)
        chance = float(np.mean(1 / np.arange(1, len(pairs) + 1)))
        reached = float(np.mean(1 / ranks))
        result[name] = round(max(0.0, (reached - chance) / (1 - chance)), 4)
    return result


def measure_cosines(embedder: Embedder, languages: Mapping[str, float]) -> tuple[float, float]:
    """Noise and signal, in the languages that the model knows fully, or best if there is none.

    Noise is the cosine that 98 of 100 pairs of a question and a passage that does not answer it stay
    under: a lower one says nothing about a passage. Signal is the one that 90 of 100 pairs that belong
    together stay under.
    """
    enough = min(FULL, max(languages.values()))
    right, wrong = [], []
    for name in (name for name, reached in languages.items() if reached >= enough):
        pairs = probe()[name]
        questions = embedder.embed_queries([question for question, _passage in pairs])
        cosines = questions @ embedder.embed([passage for _question, passage in pairs]).T
        right.append(np.diagonal(cosines))
        wrong.append(cosines[~np.eye(len(pairs), dtype=bool)])
    noise, signal = np.percentile(np.concatenate(wrong), 98), np.percentile(np.concatenate(right), 90)
    return round(float(noise), 4), round(float(signal), 4)


def trusted(reached: float) -> float:
    """How far vectors count in a language that the model knows so well, 0 to 1."""
    return min(1.0, max(0.0, (reached - SILENT) / (FULL - SILENT)))


class Weighs(Protocol):
    """Says how much vectors count for a question, 0 to 1, from which cosine on, and where a cosine lies on
    a scale that all models share."""

    def dense_weight(self, query: str) -> float: ...

    def trust(self, query: str) -> float: ...

    def noise(self) -> float: ...

    def scaled(self, cosine: float) -> float: ...

    def standard(self, cosine: float) -> float: ...


@dataclass(frozen=True, slots=True)
class Measured:
    """``languages`` from ``measure``, ``noise`` and ``signal`` from ``measure_cosines``; ``weight`` is what
    the vectors count in a language that the model knows fully, 0 to 1."""

    languages: Mapping[str, float]
    noise: float
    signal: float
    weight: float = MAX_WEIGHT


class Coverage:
    """The measured coverage of ``embedder``; ``folder`` keeps it for other processes, ``None`` for none.

    Nothing is measured before the first question. Safe to call from several threads.
    """

    def __init__(self, embedder: Embedder, folder: Path | None = None) -> None:
        self._embedder = embedder
        self._folder = folder
        self._measured: Measured | None = None
        self._lock = threading.Lock()
        self._measuring = threading.Lock()

    def languages(self) -> Mapping[str, float]:
        """Coverage by language, 0 (chance) to 1. The first call may have to run the model."""
        return self._measurement().languages

    @property
    def is_bundled(self) -> bool:
        """Whether the model came with Youju, and with it what was measured."""
        return self._embedder.fingerprint in _known()

    @property
    def kept(self) -> Measured | None:
        """What is known without running the model."""
        return self._stored() or self._measured

    @property
    def measured_at(self) -> datetime | None:
        """When it was measured here; ``None`` where it was not, or is not kept."""
        path = self._path()
        try:
            return datetime.fromtimestamp(path.stat().st_mtime, UTC) if path and not self.is_bundled else None
        except OSError:
            return None

    def measure_again(self) -> None:
        """Runs the model; searches go on with what was known. Nothing happens while it is being measured."""
        if not self._measuring.acquire(blocking=False):
            return
        try:
            measured = self._run()
            with self._lock:
                self._measured = measured
            self._store(measured)
        finally:
            self._measuring.release()

    def _run(self) -> Measured:
        languages = measure(self._embedder)
        return Measured(languages, *measure_cosines(self._embedder, languages))

    def noise(self) -> float:
        """The cosine below which a passage found by vectors alone is not worth showing."""
        return self._measurement().noise

    def calibrated(self, cosine: float) -> float:
        """A cosine on one scale for all models: 0 where it is noise, 1 where a question and its
        answer are seldom nearer."""
        measured = self._measurement()
        width = max(measured.signal - measured.noise, _LEAST_WIDTH)
        return min(1.0, max(0.0, (cosine - measured.noise) / width))

    def scaled(self, cosine: float) -> float:
        """A cosine on one scale for all models, without losing any order: -1 for opposite vectors, 0 at the
        noise, 1 at the signal, 2 for equal ones; straight lines between them."""
        cosines, scale = self._scale()
        return float(np.interp(cosine, cosines, scale))

    def standard(self, cosine: float) -> float:
        """A cosine in steps from the noise, 0, to the signal, 1; without bounds."""
        measured = self._measurement()
        return (cosine - measured.noise) / max(measured.signal - measured.noise, _LEAST_WIDTH)

    def cosine_at(self, scaled: float) -> float:
        """The cosine of this model that lies at ``scaled``."""
        cosines, scale = self._scale()
        return float(np.interp(scaled, scale, cosines))

    def _scale(self) -> tuple[list[float], list[float]]:
        measured = self._measurement()
        signal = max(measured.signal, measured.noise + _LEAST_WIDTH)
        return [-1.0, measured.noise, signal, 1.0], [-1.0, 0.0, 1.0, 2.0]

    def trust(self, query: str) -> float:
        """How far the vectors' opinion on ``query`` can be trusted, 0 to 1."""
        return trusted(self.of(query))

    def _measurement(self) -> Measured:
        with self._lock:
            if self._measured is None:
                self._measured = self._stored()
            if self._measured is None:
                self._measured = self._run()
                self._store(self._measured)
            return self._measured

    def of(self, text: str) -> float:
        """Coverage of the language of ``text``: of its worst one that is more than an aside.

        A language without a probe counts as the worst that was measured.
        """
        known = self.languages()
        worst = min(known.values(), default=0.0)
        parts = [name for name, share in language.shares(text).items() if share >= MINOR_SHARE]
        return min((known.get(name, worst) for name in parts), default=worst)

    def dense_weight(self, query: str) -> float:
        """How much the vectors' opinion counts beside that of the words, 0 to the model's weight."""
        return self._measurement().weight * self.trust(query)

    def _path(self) -> Path | None:
        if self._folder is None:
            return None
        return self._folder / f"coverage-{PROBE_VERSION}-{self._embedder.fingerprint}.json"

    def _stored(self) -> Measured | None:
        known = _known().get(self._embedder.fingerprint)
        path = self._path()
        if known is not None or path is None:
            return Measured(**known) if known is not None else None
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            languages = {str(name): float(value) for name, value in raw["languages"].items()}
            return Measured(languages, float(raw["noise"]), float(raw["signal"]), float(raw["weight"]))
        except (OSError, ValueError, AttributeError, TypeError, KeyError):
            return None

    def _store(self, measured: Measured) -> None:
        path = self._path()
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            scratch = path.with_suffix(f".{threading.get_ident()}.part")
            scratch.write_text(json.dumps(asdict(measured)), encoding="utf-8")
            scratch.replace(path)
        except OSError as error:
            log.warning("The model's measured languages could not be kept in %s: %s", path, error)
