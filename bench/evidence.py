"""Learns ``search/evidence_model.json`` and says how well it decides: ``python -m bench.evidence DATA``.

DATA holds the sets ``refusal-*``, ``xquad-*``, ``squad2-dev`` and ``drcd-dev-simplified-queries``. Beside
their own questions, each answerable one is asked again with its document taken away. The model learns on
the first half of the refusal and XQuAD questions and on the two others; ``--half 1`` swaps the halves,
``--write`` keeps what was learned. ``--embedder multilingual`` (the default) learns what belongs to the
cosines of that model, ``english`` all the rest.
"""

import argparse
import json
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.quality import BATCH, _lines, _relevant
from ingestion.splitting import SplitSettings, split
from search.coverage import Coverage
from search.embedding.multilingual import MultilingualEmbedder
from search.embedding.sentence_transformer import SentenceTransformerEmbedder
from search.evidence import consider, linear
from search.evidence_features import NAMES, Passage
from search.index.memory import MemoryLexicalIndex, MemoryVectorIndex
from search.protocols import Embedder
from search.retrieval import Group, retrieve
from search.types import Chunk

Array = NDArray[np.float64]

MODEL = Path(__file__).parent.parent / "search" / "evidence_model.json"
PASSAGES = 8
COSINES = [name for name in NAMES if name.startswith("cosine")]
DENSE_ONLY = ("foreign_missing", "no_number", "singles", "runs", "runs_missing", "missing_stretch")
DENSE = [name for name in NAMES if name not in COSINES]
WORDS = [name for name in DENSE if name not in DENSE_ONLY]
ENGLISH = ("refusal-en", "xquad-en", "squad2-dev")
CHINESE = ("refusal-zh", "xquad-zh", "drcd-dev-simplified-queries")
# Questions of one set on the passages of its translation: "questions>passages".
ACROSS = ("xquad-en>xquad-zh", "xquad-zh>xquad-en")
ACROSS_FEATURES = ["cosine", "cosine_margin", "cosine_lead", "passage", "names_missing"]


@dataclass(frozen=True, slots=True)
class Plan:
    """A model's ``features``, the ``sets`` it learns from, and the share of its own answerable questions,
    those of the first two sets, that it may refuse."""

    features: list[str]
    sets: tuple[str, ...]
    refused: float


# By its place in the file.
PLANS: dict[str, dict[str, Plan]] = {
    "english": {
        "words": Plan(WORDS, ENGLISH, 0.045),
        "dense": Plan(DENSE, CHINESE, 0.045),
        "cosines words": Plan([*WORDS, *COSINES], ENGLISH, 0.04),
        "cosines cosine": Plan(COSINES, ENGLISH, 0.04),
    },
    "multilingual": {
        "cosines words": Plan([*WORDS, *COSINES], ENGLISH, 0.025),
        "cosines dense": Plan([*DENSE, *COSINES], CHINESE, 0.0365),
        "cosines across": Plan(ACROSS_FEATURES, ACROSS, 0.25),
    },
}
# Whose questions are asked as well, as ones on another subject, and how many.
FOREIGN = {
    "xquad-en": "scifact",
    "squad2-dev": "scifact",
    "xquad-zh": "drcd-dev-simplified-queries",
    "drcd-dev-simplified-queries": "xquad-zh",
    "xquad-en>xquad-zh": "scifact",
    "xquad-zh>xquad-en": "drcd-dev-simplified-queries",
}
FOREIGN_QUESTIONS = 200
# Questions on another subject are few in the sets and many in life; that few answerable ones are refused
# matters most; the third sets are the least natural.
KIND_WEIGHTS = {"off_topic": 8.0, "answerable": 6.0}
THIRD_SET_WEIGHT = 0.3
PRIOR = 3.0


@dataclass(frozen=True, slots=True)
class Sample:
    """``features`` is ``None`` where nothing was found."""

    question: str
    place: int
    kind: str
    features: Mapping[str, float] | None


def samples(data: Path, name: str, embedder: Embedder, coverage: Coverage) -> Iterator[Sample]:
    """Every question of the set as found, and the answerable ones without their document."""
    asked, _, searched = name.partition(">")
    folder = data / (searched or asked)
    settings = SplitSettings(tokenizer=str(embedder.tokenizer_path()))  # type: ignore[attr-defined]
    chunks: dict[str, Chunk] = {}
    for row in _lines(folder / "corpus.jsonl"):
        for number, piece in enumerate(split(row["text"], [(None, 0)], settings, markdown=False)):
            key = f"{row['_id']}-{number}"
            chunks[key] = Chunk(key, row["_id"], row["text"][piece.start : piece.end])
    lexical, vectors = MemoryLexicalIndex(), MemoryVectorIndex()
    lexical.upsert("set", chunks.values())
    for start in range(0, len(chunks), BATCH):
        part = list(chunks.values())[start : start + BATCH]
        rows = embedder.embed([chunk.text for chunk in part])
        vectors.upsert("set", [chunk.id for chunk in part], [chunk.document_id for chunk in part], rows)
    relevant = _relevant(folder)
    for place, (text, kind, gold) in enumerate(_questions(data, name, relevant)):
        hits = retrieve(
            text, [Group(("set",), embedder, coverage)], k=30, mode="hybrid", vectors=vectors, lexical=lexical
        ).hits  # fmt: skip
        trusted = coverage.trust(text) >= 1 / 2
        for taken_away in ({}, gold) if kind == "answerable" else ({},):
            passages = [
                Passage(chunks[hit.chunk_id].text, "", hit.dense if trusted else None, hit.lexical)
                for hit in hits
                if chunks[hit.chunk_id].document_id not in taken_away
            ]
            gone = [chunk for chunk in chunks.values() if chunk.document_id in taken_away]
            lexical.delete("set", [chunk.id for chunk in gone])
            found = consider(text, passages[:PASSAGES], ["set"], lexical)
            lexical.upsert("set", gone)
            yield Sample(text, place, "taken_away" if taken_away else kind, found[0] if found else None)


def _questions(
    data: Path, name: str, relevant: dict[str, dict[str, float]]
) -> Iterator[tuple[str, str, dict[str, float]]]:
    for row in _lines(data / name.partition(">")[0] / "queries.jsonl"):
        gold = relevant.get(row["_id"], {})
        kind = (row.get("metadata") or {}).get("kind")
        yield row["text"].strip(), kind or ("answerable" if gold else "unanswerable"), gold
    if name in FOREIGN:
        others = _lines(data / FOREIGN[name] / "queries.jsonl")
        for row in islice(others, FOREIGN_QUESTIONS):
            yield row["text"].strip(), "off_topic", {}


def learn(x: Array, y: Array, weight: Array) -> tuple[Array, float]:
    """Logistic regression on standardised columns by Newton's method, with a Gaussian prior of variance
    ``PRIOR``; the coefficients and the intercept for ``x`` as it is."""
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    columns = np.c_[np.ones(len(x)), (x - mean) / spread]
    penalty = np.eye(columns.shape[1]) / PRIOR
    penalty[0, 0] = 0
    beta = np.zeros(columns.shape[1])
    for _ in range(25):
        chance = 1 / (1 + np.exp(-columns @ beta))
        slope = columns.T @ (weight * (y - chance)) - penalty @ beta
        curve = (columns * (weight * chance * (1 - chance))[:, None]).T @ columns + penalty
        beta = beta + np.linalg.solve(curve, slope)
    scaled = beta[1:] / spread
    return scaled, float(beta[0] - scaled @ mean)


def matrix(rows: Sequence[Sample], names: Sequence[str]) -> Array:
    """One row for each sample that has features."""
    return np.array([[row.features[name] for name in names] for row in rows if row.features])


def odds(rows: Sequence[Sample], model: Mapping[str, float]) -> Array:
    """The model's log-odds; what has no features is refused."""
    return np.array([linear(model, row.features) if row.features else -30.0 for row in rows])


def train(plan: Plan, data: dict[str, list[Sample]], half: int) -> dict[str, float]:
    own = [(key, row) for key in plan.sets[:2] for row in data[key]]
    held_out = {row.question for key, row in own if _half(row, key) != half}
    used = [
        (row, THIRD_SET_WEIGHT if key in plan.sets[2:] else 1.0)
        for key in plan.sets
        for row in data[key]
        if row.features and row.question not in held_out and row.kind != "unanswerable"
    ]
    rows = [row for row, _weight in used]
    y = np.array([row.kind == "answerable" for row in rows], dtype=float)
    weight = np.array([weight * KIND_WEIGHTS.get(row.kind, 1.0) for row, weight in used])
    coefficients, bias = learn(matrix(rows, plan.features), y, weight)
    model = {"bias": bias, **dict(zip(plan.features, map(float, coefficients), strict=True))}
    answerable = [row for _key, row in own if row.kind == "answerable" and row.question not in held_out]
    model["bias"] -= float(np.quantile(odds(answerable, model), plan.refused))
    return {key: round(value, 3) for key, value in model.items()}


def _half(row: Sample, name: str) -> int:
    return row.place % 2 if name.startswith("refusal") else zlib.crc32(row.question.encode()) % 2


def report(name: str, rows: Sequence[Sample], model: dict[str, float]) -> None:
    refused = odds(rows, model) < 0
    kinds = np.array([row.kind for row in rows])
    shares = (f"{kind} {100 * refused[kinds == kind].mean():.1f} %" for kind in sorted(set(kinds)))
    print(f"  {name:38} refused: {', '.join(shares)}")


def write(models: Mapping[str, Mapping[str, float]], fingerprint: str, noise: float) -> None:
    """Puts ``models`` at their places in the file, those with cosines under ``fingerprint``."""
    learned = json.loads(MODEL.read_text(encoding="utf-8"))
    for name, model in models.items():
        place, _, part = name.partition(" ")
        if part:
            learned["cosines"].setdefault(fingerprint, {})["noise"] = noise
            learned["cosines"][fingerprint][part] = model
        else:
            learned[place] = model
    MODEL.write_text(json.dumps(learned, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--embedder", choices=tuple(PLANS), default="multilingual")
    parser.add_argument("--half", type=int, choices=(0, 1), default=0)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        english = options.embedder == "english"
        embedder = SentenceTransformerEmbedder("bundled") if english else MultilingualEmbedder(scratch)
        coverage = Coverage(embedder)
        plans = PLANS[options.embedder]
        data: dict[str, list[Sample]] = {}
        for name in dict.fromkeys(name for plan in plans.values() for name in plan.sets):
            data[name] = list(samples(options.data, name, embedder, coverage))
            print(f"{name}: {len(data[name])} samples", flush=True)
    models = {name: train(plan, data, options.half) for name, plan in plans.items()}
    for name, plan in plans.items():
        print(name)
        for key in plan.sets:
            report(key, data[key], models[name])
            rest = [row for row in data[key] if _half(row, key) != options.half]
            report(f"{key}, held out" if key in plan.sets[:2] else f"{key}, half", rest, models[name])
    if options.write:
        write(models, "other" if english else embedder.fingerprint, coverage.noise())


if __name__ == "__main__":
    main()
