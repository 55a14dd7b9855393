"""Fits and measures the choice of quoted sentences: ``python -m bench.sentences DIR…``.

Each folder is in BEIR layout with answers. Its documents are cut and searched as on the site; the share of
questions is printed for which the first quote, and any of the quotes shown, holds a gold answer, and how many
quotes are shown on average. Documents count to the tuning or the
held-out half in blocks of five, so that what stands side by side in the file, often one article, stays
together; parallel sets are divided alike. ``--whole NAME`` uses all of a folder for tuning. ``--most N``
takes that many questions of each folder, drawn once for all. ``--write`` fits the weights on the tuning part
(not those of ``compared``, unless ``--embed``) and writes them.

Nothing is refused here. Under ``--embed`` the site's embedding model takes part in the search and the choice,
in the languages that it knows; the line ends with the milliseconds that choosing took of processor time.
"""

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import django
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

from chat import sentence_ranking
from chat.gold_answers import holds_gold
from chat.sentence_features import NAMES, Candidate, candidates, is_dense, table
from chat.sentence_ranking import COMPARISON, Likeness, best_sentences, comparison, is_sure, quotable_in
from chat.similarity import to_question
from ingestion.splitting import SplitSettings, split
from llm.types import Source
from search import registry
from search.index.memory import MemoryVectorIndex
from search.index.tantivy import TantivyIndex
from search.retrieval import Group, retrieve
from search.types import Chunk

PASSAGES = 8
BLOCK = 5
BATCH = 256
# The strength of the ridge, in units of a question's log-likelihood.
RIDGE = 10.0
RIDGE_COMPARED = 1.0

Floats = NDArray[np.float64]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kb_site.settings")


@dataclass(slots=True)
class Case:
    """A question with its candidates. ``right`` are those that hold a gold answer."""

    question: str
    sources: list[Source]
    golds: tuple[str, ...]
    tuning: bool
    found: list[Candidate]
    rows: Floats
    right: NDArray[np.bool_]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def cases(folder: Path, *, embed: bool, whole: bool, most: int) -> list[Case]:
    """The answerable questions, at most ``most`` where that is not 0, with what was found for them."""
    rows = list(_lines(folder / "corpus.jsonl"))
    place = {str(row["_id"]): at for at, row in enumerate(rows)}
    lines = (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]
    relevant = {line.split("\t")[0]: line.split("\t")[1] for line in lines}
    result = []
    with tempfile.TemporaryDirectory() as scratch:
        search = _searcher(rows, Path(scratch), embed=embed)
        for row in _drawn(list(_lines(folder / "queries.jsonl")), most):
            golds = tuple(map(str, (row.get("metadata") or {}).get("answers") or ()))
            if golds and row["_id"] in relevant:
                sources = [Source(n, text) for n, text in enumerate(search(row["text"]), 1)]
                tuning = whole or place[relevant[row["_id"]]] // BLOCK % 2 == 0
                if case := _case(row["text"], sources, golds, tuning):
                    result.append(case)
    return result


def _drawn(queries: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    with_answers = [row for row in queries if (row.get("metadata") or {}).get("answers")]
    return random.Random(1).sample(with_answers, most) if 0 < most < len(with_answers) else with_answers


def _searcher(rows: Sequence[dict[str, Any]], scratch: Path, *, embed: bool) -> Callable[[str], list[str]]:
    """From a question to the texts of its passages."""
    embedder = registry.embedder()
    settings = SplitSettings(200, 30, registry.tokenizer_path())
    chunks = [
        Chunk(f"{row['_id']}:{piece.start}", str(row["_id"]), row["text"][piece.start : piece.end])
        for row in rows
        for piece in split(row["text"], [(None, 0)], settings, markdown=False)
    ]
    texts = {chunk.id: chunk.text for chunk in chunks}
    lexical, vectors = TantivyIndex(str(scratch)), MemoryVectorIndex()
    lexical.upsert("set", chunks)
    for start in range(0, len(chunks) if embed else 0, BATCH):
        part = chunks[start : start + BATCH]
        ids = [chunk.id for chunk in part]
        vectors.upsert("set", ids, ids, embedder.embed([chunk.text for chunk in part]))

    def search(question: str) -> list[str]:
        result = retrieve(
            question,
            [Group(("set",), embedder, registry.coverage())],
            k=PASSAGES,
            mode="hybrid" if embed else "lexical",
            vectors=vectors,
            lexical=lexical,
        )
        return [texts[hit.chunk_id] for hit in result.hits]

    return search


def _case(question: str, sources: list[Source], golds: tuple[str, ...], tuning: bool) -> Case | None:
    found = candidates([[one.text for one in passage] for passage in quotable_in(sources)])
    if not found:
        return None
    right = np.array([holds_gold([one.text], golds) for one in found])
    return Case(question, sources, golds, tuning, found, np.array(table(question, found)), right)


def fit(found: Sequence[Case], ridge: float) -> Floats:
    """Weights that make the right candidates likeliest: maximum likelihood of a softmax over each
    question's candidates, with a ridge on the weights of standardised columns."""
    usable = [case for case in found if case.right.any()]
    rows = np.concatenate([case.rows for case in usable])
    deviation = rows.std(axis=0) + 1e-3
    scaled = rows / deviation
    right = np.concatenate([case.right for case in usable]).astype(float)
    lengths = [len(case.right) for case in usable]
    starts = np.r_[0, np.cumsum(lengths)[:-1]]

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = scaled @ weights
        powers = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), lengths))
        chances = powers / np.repeat(np.add.reduceat(powers, starts), lengths)
        held = np.add.reduceat(chances * right, starts) + 1e-12
        gradient = scaled.T @ (chances - chances * right / np.repeat(held, lengths)) + 2 * ridge * weights
        return float(-np.log(held).sum() + ridge * weights @ weights), gradient

    start = np.zeros(rows.shape[1])
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return np.asarray(best.x / deviation, dtype=np.float64)


def fit_all(found: Sequence[Case], likeness: Likeness | None) -> dict[str, dict[str, float]]:
    """The content of ``chat/sentence_weights.json``; without ``likeness`` the old weights of meaning stay."""
    fitted: dict[str, dict[str, float]] = json.loads(sentence_ranking.WEIGHTS.read_text(encoding="utf-8"))
    second: list[Case] = []
    for kind, dense in (("words", False), ("dense", True)):
        part = [case for case in found if case.tuning and is_dense(case.question) == dense]
        if not part:
            continue
        weights = fit(part, RIDGE)
        fitted[kind] = _named(NAMES, weights)
        if likeness is not None:
            second += _compared(part, weights, likeness)
    if second:
        fitted["compared"] = _named(COMPARISON, fit(second, RIDGE_COMPARED))
    return fitted


def _compared(found: Sequence[Case], weights: Floats, likeness: Likeness) -> Iterator[Case]:
    """The cases in which words leave it open, described by what the comparison says."""
    for case in found:
        scores = [float(score) for score in case.rows @ weights]
        if not is_sure(case.found, scores) and (
            rows := comparison(case.question, case.found, scores, likeness)
        ):
            yield replace(case, rows=np.array(rows))


def _named(names: Sequence[str], weights: Floats) -> dict[str, float]:
    return {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)}


def show(name: str, found: Sequence[Case], likeness: Likeness | None) -> None:
    """Prints a line for the tuning part and one for the rest."""
    for part, chosen in (("tuning", True), ("held out", False)):
        rows = []
        for case in found:
            if case.tuning != chosen:
                continue
            began = time.process_time()
            quotes = best_sentences(case.question, case.sources, limit=3, likeness=likeness)
            spent = time.process_time() - began
            texts = [quote.text for quote in quotes]
            rows.append(
                [
                    *(holds_gold([text], case.golds) for text in texts[:1]),
                    holds_gold(texts, case.golds),
                    len(texts),
                    spent * 1000,
                ]
            )
        if rows:
            first, any_of, count, spent_ms = np.mean(np.array(rows, dtype=float), axis=0)
            print(
                f"  {name:28} {part:8} {len(rows):5}  one {first:.4f}  shown {any_of:.4f}"
                f"  quotes {count:.2f}  {spent_ms:.0f} ms"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--whole", action="append", default=[], metavar="NAME")
    parser.add_argument("--embed", action="store_true")
    parser.add_argument("--most", type=int, default=0, metavar="N")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    django.setup()
    likeness = to_question if options.embed else None
    found = {
        folder: cases(folder, embed=options.embed, whole=folder.name in options.whole, most=options.most)
        for folder in options.folders
    }
    if options.write:
        fitted = fit_all([case for part in found.values() for case in part], likeness)
        sentence_ranking.WEIGHTS.write_text(json.dumps(fitted, indent=2) + "\n", encoding="utf-8")
    for folder, part in found.items():
        show(folder.name, part, likeness)


if __name__ == "__main__":
    main()
