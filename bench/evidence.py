"""Learns ``search/evidence_model.json`` and says how well it decides: ``python -m bench.evidence DATA``.

DATA holds the sets ``refusal-*``, ``xquad-*``, ``squad2-dev`` and ``drcd-dev-simplified-queries``. Beside
their own questions, each answerable one is asked again with its document taken away. The model learns on
the first half of the refusal and XQuAD questions and on the two others; ``--half 1`` swaps the halves,
``--write`` keeps what was learned.
"""

import argparse
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.quality import BATCH, _lines, _relevant
from ingestion.splitting import SplitSettings, split
from search.coverage import MAX_WEIGHT, Coverage
from search.embedding.sentence_transformer import SentenceTransformerEmbedder
from search.evidence import consider
from search.evidence_features import NAMES, Passage
from search.index.memory import MemoryLexicalIndex, MemoryVectorIndex
from search.protocols import Embedder
from search.retrieval import retrieve
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
# Model: its features, its sets, and the share of its own answerable questions that it may refuse.
MODELS: dict[str, tuple[list[str], tuple[str, str, str], float]] = {
    "words": (WORDS, ENGLISH, 0.045),
    "words_and_cosine": ([*WORDS, *COSINES], ENGLISH, 0.04),
    "cosine": (COSINES, ENGLISH, 0.04),
    "dense": (DENSE, CHINESE, 0.045),
}
# Whose questions are asked as well, as ones on another subject, and how many.
FOREIGN = {
    "xquad-en": "scifact",
    "squad2-dev": "scifact",
    "xquad-zh": "drcd-dev-simplified-queries",
    "drcd-dev-simplified-queries": "xquad-zh",
}
FOREIGN_QUESTIONS = 200
# Questions on another subject are few in the sets and many in life.
OFF_TOPIC_WEIGHT = 4.0
PRIOR = 3.0


@dataclass(frozen=True, slots=True)
class Sample:
    """``features`` is ``None`` where nothing was found."""

    question: str
    place: int
    kind: str
    features: dict[str, float] | None


def samples(folder: Path, embedder: Embedder, coverage: Coverage) -> Iterator[Sample]:
    """Every question of ``folder`` as found, and the answerable ones without their document."""
    settings = SplitSettings(tokenizer=str(embedder.tokenizer_path()))  # type: ignore[attr-defined]
    chunks: dict[str, Chunk] = {}
    for row in _lines(folder / "corpus.jsonl"):
        for number, piece in enumerate(split(row["text"], [(None, 0)], settings, markdown=False)):
            key = f"{row['_id']}-{number}"
            chunks[key] = Chunk(key, row["_id"], row["text"][piece.start : piece.end])
    lexical, vectors = MemoryLexicalIndex(), MemoryVectorIndex()
    lexical.upsert("set", chunks.values())
    if folder.name in ENGLISH:
        for start in range(0, len(chunks), BATCH):
            part = list(chunks.values())[start : start + BATCH]
            rows = embedder.embed([chunk.text for chunk in part])
            vectors.upsert("set", [chunk.id for chunk in part], [chunk.document_id for chunk in part], rows)
    relevant = _relevant(folder)
    for place, (text, kind, gold) in enumerate(_questions(folder, relevant)):
        hits = retrieve(
            text, ["set"], k=30, mode="hybrid", embedder=embedder, vectors=vectors, lexical=lexical,
            coverage=coverage,
        ).hits  # fmt: skip
        trusted = coverage.dense_weight(text) >= MAX_WEIGHT / 2
        for taken_away in ({}, gold) if kind == "answerable" else ({},):
            passages = [
                Passage(chunks[hit.chunk_id].text, "", hit.dense if trusted else None, hit.lexical)
                for hit in hits
                if hit.document_id not in taken_away
            ]
            gone = [chunk for chunk in chunks.values() if chunk.document_id in taken_away]
            lexical.delete("set", [chunk.id for chunk in gone])
            found = consider(text, passages[:PASSAGES], ["set"], lexical)
            lexical.upsert("set", gone)
            yield Sample(text, place, "taken_away" if taken_away else kind, found[0] if found else None)


def _questions(
    folder: Path, relevant: dict[str, dict[str, float]]
) -> Iterator[tuple[str, str, dict[str, float]]]:
    for row in _lines(folder / "queries.jsonl"):
        gold = relevant.get(row["_id"], {})
        kind = (row.get("metadata") or {}).get("kind")
        yield row["text"].strip(), kind or ("answerable" if gold else "unanswerable"), gold
    if folder.name in FOREIGN:
        others = _lines(folder.parent / FOREIGN[folder.name] / "queries.jsonl")
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


def odds(rows: Sequence[Sample], model: dict[str, float]) -> Array:
    """The model's log-odds; what has no features is refused."""
    return np.array(
        [
            sum(w * (1.0 if name == "bias" else row.features[name]) for name, w in model.items())
            if row.features
            else -30.0
            for row in rows
        ]
    )


def train(name: str, data: dict[str, list[Sample]], half: int) -> dict[str, float]:
    names, sets, refused = MODELS[name]
    held_out = {row.question for key in sets[:2] for row in data[key] if _half(row, key) != half}
    rows = [
        row
        for key in sets
        for row in data[key]
        if row.features
        and row.question not in held_out
        and row.kind != "unanswerable"
        # Those of refusal-en are in Spanish.
        and (key, row.kind) != ("refusal-en", "off_topic")
    ]
    y = np.array([row.kind == "answerable" for row in rows], dtype=float)
    weight = np.where([row.kind == "off_topic" for row in rows], OFF_TOPIC_WEIGHT, 1.0)
    coefficients, bias = learn(matrix(rows, names), y, weight)
    model = {"bias": bias, **dict(zip(names, map(float, coefficients), strict=True))}
    own = [
        row
        for key in sets[:2]
        for row in data[key]
        if row.kind == "answerable" and row.question not in held_out
    ]
    model["bias"] -= float(np.quantile(odds(own, model), refused))
    return {key: round(value, 3) for key, value in model.items()}


def _half(row: Sample, name: str) -> int:
    return row.place % 2 if name.startswith("refusal") else zlib.crc32(row.question.encode()) % 2


def report(name: str, rows: Sequence[Sample], model: dict[str, float]) -> None:
    refused = odds(rows, model) < 0
    kinds = np.array([row.kind for row in rows])
    shares = (f"{kind} {100 * refused[kinds == kind].mean():.1f} %" for kind in sorted(set(kinds)))
    print(f"  {name:38} refused: {', '.join(shares)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--half", type=int, choices=(0, 1), default=0)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    embedder = SentenceTransformerEmbedder("bundled")
    coverage = Coverage(embedder)
    data: dict[str, list[Sample]] = {}
    for name in (*ENGLISH, *CHINESE):
        data[name] = list(samples(options.data / name, embedder, coverage))
        print(f"{name}: {len(data[name])} samples", flush=True)
    models = {name: train(name, data, options.half) for name in MODELS}
    for name, (_names, sets, _refused) in MODELS.items():
        print(name)
        for key in sets:
            report(key, data[key], models[name])
            rest = [row for row in data[key] if _half(row, key) != options.half]
            report(f"{key}, held out" if key in sets[:2] else f"{key}, half", rest, models[name])
    if options.write:
        MODEL.write_text(json.dumps(models, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
