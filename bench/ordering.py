"""How the best passages are ordered: ``python -m bench.ordering DATA`` (``make bench-quality``).

``DATA`` holds sets in BEIR layout, one passage for each document. Prints nDCG@10 of words, vectors, fusion
and the order of ``search.ordering``, each signal left out in turn, and what weights give that were fitted
without the set in question. ``--write`` fits the weights anew, on the questions at even places.
``--keep FOLDER`` keeps the vectors between runs.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

from search import ordering, ordering_weights
from search.coverage import Coverage
from search.embedding.hashed import HashedEmbedder
from search.embedding.multilingual import MultilingualEmbedder
from search.embedding.sentence_transformer import SentenceTransformerEmbedder
from search.index.memory import MemoryVectorIndex
from search.index.tantivy import TantivyIndex
from search.metrics import ndcg
from search.ordering_weights import NAMES
from search.protocols import Embedder
from search.retrieval import DEPTH, Group, Result, retrieve
from search.types import Chunk, Mode

SETS = ("scifact", "squad2-dev", "xquad-en", "xquad-zh", "drcd-dev", "drcd-dev-simplified-queries")
# How small the weights are kept, and how near those of both kinds of questions to each other.
_L2, _NEAR = 1e-3, 3e-3
_BATCH = 256
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Corpus:
    """``texts`` are title and text of each passage by id, ``queries`` text by id, ``relevant`` gains by
    query and passage."""

    name: str
    texts: dict[str, tuple[str, str]]
    queries: dict[str, str]
    relevant: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: what was found in each mode, and the signals of what is looked at, a row for each."""

    ids: dict[Mode, list[str]]
    looked_at: list[str]
    signals: Floats
    relevant: Mapping[str, float]
    spaced: float

    @property
    def halves(self) -> Floats:
        """The signals as far as the question is words between spaces, and beside them as far as it is not:
        one column for each weight."""
        return np.hstack([self.signals * self.spaced, self.signals * (1 - self.spaced)])

    @property
    def gains(self) -> Floats:
        return np.array([self.relevant.get(key, 0.0) for key in self.looked_at])

    def ordered(self, weights: Floats) -> list[str]:
        order = np.argsort(-(self.halves @ weights.ravel()), kind="stable")
        return [self.looked_at[place] for place in order]


def read(folder: Path) -> Corpus:
    texts = {row["_id"]: (row.get("title") or "", row["text"]) for row in _lines(folder / "corpus.jsonl")}
    relevant: dict[str, dict[str, float]] = {}
    for line in (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, gain = line.split("\t")
        relevant.setdefault(query, {})[document] = float(gain)
    queries = {row["_id"]: row["text"] for row in _lines(folder / "queries.jsonl") if row["_id"] in relevant}
    return Corpus(folder.name, texts, queries, relevant)


def across(name: str, questions: Corpus, passages: Sequence[Corpus], right: Corpus) -> Corpus:
    """The questions of one set over the passages of others; those of ``right`` are the right ones. Ids of
    questions are the same in both languages of XQuAD."""
    texts = {f"{corpus.name}/{key}": text for corpus in passages for key, text in corpus.texts.items()}
    relevant = {
        query: {f"{right.name}/{key}": gain for key, gain in gains.items()}
        for query, gains in right.relevant.items()
    }
    return Corpus(name, texts, questions.queries, relevant)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


class Kept:
    """An embedder whose vectors of sets are kept in a folder, those of questions by their text."""

    def __init__(self, embedder: Embedder, folder: Path | None) -> None:
        self._embedder, self._folder = embedder, folder
        self._questions: dict[str, NDArray[np.float32]] = {}
        self.fingerprint, self.dimension = embedder.fingerprint, embedder.dimension

    def passages(self, corpus: Corpus) -> NDArray[np.float32]:
        texts = [f"{title}\n{text}".strip() for title, text in corpus.texts.values()]
        return self._rows(corpus.name, texts, self._embedder.embed)

    def learn(self, corpus: Corpus) -> None:
        """Embeds the questions, so that each is known when it is asked."""
        texts = list(corpus.queries.values())
        rows = self._rows(f"{corpus.name}-questions", texts, self._embedder.embed_queries)
        self._questions |= dict(zip(texts, rows, strict=True))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._embedder.embed(texts)

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self._questions[text] for text in texts])

    def _rows(
        self, name: str, texts: Sequence[str], embed: Callable[[Sequence[str]], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        file = self._folder / f"{name}-{self.fingerprint}.npy" if self._folder else None
        if file is not None and file.exists():
            return np.asarray(np.load(file))
        rows = np.concatenate([embed(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH)])
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            np.save(file, rows)
        return rows


def ask(corpus: Corpus, embedder: Kept, coverage: Coverage) -> list[Asked]:
    vectors = MemoryVectorIndex()
    embedder.learn(corpus)
    ids = list(corpus.texts)
    vectors.upsert("set", ids, ids, embedder.passages(corpus))
    with tempfile.TemporaryDirectory() as scratch:
        lexical = TantivyIndex(scratch)
        lexical.upsert("set", [Chunk(key, key, text, title) for key, (title, text) in corpus.texts.items()])

        def found(query: str, mode: Mode) -> Result:
            return retrieve(
                query,
                [Group(("set",), embedder, coverage)],
                k=2 * DEPTH,
                depth=DEPTH,
                mode=mode,
                vectors=vectors,
                lexical=lexical,
            )

        asked = []
        for key, query in corpus.queries.items():
            results = {mode: found(query, mode) for mode in ("lexical", "dense", "hybrid")}
            looked_at = ordering.arranged(results["hybrid"].hits)[: ordering.LOOKED_AT]
            seen = [
                ordering.Seen(text, title, hit.meaning)
                for hit in looked_at
                for title, text in [corpus.texts[hit.chunk_id]]
            ]
            signals = ordering.signals(query, seen, ["set"], lexical)
            asked.append(
                Asked(
                    {mode: [hit.chunk_id for hit in result.hits] for mode, result in results.items()},  # type: ignore[misc]
                    [hit.chunk_id for hit in looked_at],
                    np.array(signals).reshape(-1, len(NAMES)),
                    corpus.relevant[key],
                    ordering_weights.spaced(query),
                )
            )
    return asked


def fit(sets: Mapping[str, Sequence[Asked]], names: Sequence[str] = NAMES) -> Floats:
    """Weights of shape (2, signals), for words between spaces and for scripts without, 0 for those signals
    that are not among ``names``: the softmax over a question's passages is to be high for the right one (Cao
    et al. 2007, with one list for each question). Each origin counts the same, and of one origin each set; no
    weight is below 0, and both kinds are kept near each other."""
    columns = [place for place, name in enumerate((*NAMES, *NAMES)) if name in names]
    origins = Counter(map(_origin, sets))
    lists = [
        (one.halves[:, columns], one.gains > 0, 1 / len(asked) / origins[_origin(name)])
        for name, asked in sets.items()
        for one in asked
        if one.gains.any()
    ]
    most = max(len(rows) for rows, _right, _weight in lists)
    signals = np.zeros((len(lists), most, len(columns)))
    right, away = np.zeros((len(lists), most)), np.full((len(lists), most), -1e9)
    counts = np.array([weight for _rows, _right, weight in lists])
    for at, (rows, is_right, _weight) in enumerate(lists):
        signals[at, : len(rows)], away[at, : len(rows)] = rows, 0.0
        right[at, : len(rows)] = is_right / is_right.sum()

    def apart(weights: Floats) -> Floats:
        return weights[: len(weights) // 2] - weights[len(weights) // 2 :]

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = signals @ weights + away
        scores -= scores.max(axis=1, keepdims=True)
        chances = np.exp(scores)
        chances /= chances.sum(axis=1, keepdims=True)
        each = (right * np.log(chances + 1e-30)).sum(axis=1)
        slope = ((chances - right)[:, :, None] * signals).sum(axis=1)
        share = counts / counts.sum()
        return (
            float(-(share * each).sum() + _L2 * (weights**2).mean() + _NEAR * (apart(weights) ** 2).mean()),
            (share[:, None] * slope).sum(axis=0)
            + 2 * _L2 * weights / len(weights)
            + 4 * _NEAR * np.concatenate([apart(weights), -apart(weights)]) / len(weights),
        )

    best = minimize(loss, np.ones(len(columns)), jac=True, bounds=[(0, None)] * len(columns))
    result = np.zeros(2 * len(NAMES))
    result[columns] = best.x
    return result.reshape(2, -1)


def quality(asked: Sequence[Asked], rankings: Sequence[Sequence[str]]) -> tuple[float, float, float]:
    """nDCG@10 of all questions, of those at even and of those at odd places."""
    values = [
        ndcg(list(ranking), dict(one.relevant), 10) for one, ranking in zip(asked, rankings, strict=True)
    ]
    return float(np.mean(values)), float(np.mean(values[::2])), float(np.mean(values[1::2]))


def _row(label: str, scores: Sequence[float]) -> str:
    return f"{label:44}" + "".join(f"{score:9.4f}" for score in scores)


def table(sets: Mapping[str, Sequence[Asked]], weights: Floats) -> Iterator[str]:
    yield _row_of_names(list(sets))
    for label, mode in (("words", "lexical"), ("vectors", "dense"), ("fusion", "hybrid")):
        yield _row(label, [quality(asked, [one.ids[mode] for one in asked])[0] for asked in sets.values()])  # type: ignore[index]
    yield _row("ordered", [_quality(asked, weights)[0] for asked in sets.values()])
    yield _row("  questions at odd places only", [_quality(asked, weights)[2] for asked in sets.values()])
    even = {name: asked[::2] for name, asked in sets.items()}
    for name in NAMES:
        fewer = fit(even, [other for other in NAMES if other != name])
        yield _row(f"  without {name}, odd places", [_quality(asked, fewer)[2] for asked in sets.values()])
    if len(set(map(_origin, sets))) == 1:
        return
    others = {
        origin: fit({name: asked for name, asked in sets.items() if _origin(name) != origin})
        for origin in set(map(_origin, sets))
    }
    yield _row(
        "  fitted on the sets of other origin, all",
        [_quality(asked, others[_origin(name)])[0] for name, asked in sets.items()],
    )


def _origin(name: str) -> str:
    return name.split("-")[0]


def _row_of_names(names: Sequence[str]) -> str:
    return f"{'nDCG@10':44}" + "".join(f"{name[:8]:>9}" for name in names)


def _quality(asked: Sequence[Asked], weights: Floats) -> tuple[float, float, float]:
    return quality(asked, [one.ordered(weights) for one in asked])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    parser.add_argument("--embedder", default="multilingual", help="a model folder or name, or hashed")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    embedder: Embedder
    if options.embedder == "hashed":
        embedder = HashedEmbedder()
    elif options.embedder == "multilingual":
        embedder = MultilingualEmbedder(Path(tempfile.gettempdir()) / "youju-bench-models")
    else:
        embedder = SentenceTransformerEmbedder(options.embedder)
    coverage, kept = Coverage(embedder), Kept(embedder, options.keep)
    corpora = {name: read(options.data / name) for name in options.sets}
    if {"xquad-en", "xquad-zh"} <= set(corpora):
        en, zh = corpora["xquad-en"], corpora["xquad-zh"]
        for made in (
            across("xquad-en-on-zh", en, [zh], zh),
            across("xquad-zh-on-en", zh, [en], en),
            across("xquad-en-on-both", en, [en, zh], en),
            across("xquad-zh-on-both", zh, [en, zh], zh),
        ):
            corpora[made.name] = made
    sets = {name: ask(corpus, kept, coverage) for name, corpus in corpora.items()}
    if options.write:
        write(fit({name: asked[::2] for name, asked in sets.items()}))
    weights = np.array([list(ordering_weights.weights(spaced).values()) for spaced in (1.0, 0.0)])
    for line in table(sets, weights):
        print(line, flush=True)


def write(weights: Floats) -> None:
    known = {
        kind: {name: round(float(weight), 3) for name, weight in zip(NAMES, row, strict=True)}
        for kind, row in zip((ordering_weights.SPACED, ordering_weights.DENSE), weights, strict=True)
    }
    ordering_weights.FILE.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    ordering_weights.forget()


if __name__ == "__main__":
    main()
