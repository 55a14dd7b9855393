"""Retrieval quality on sets in BEIR layout, one passage per document: ``python -m bench.quality DIR…``.

Prints nDCG@10 of each mode for the questions at even and at odd places apart, so that what was tuned on
one half can be seen on the other. ``--embedder`` takes a model folder or name,
``multilingual`` or ``hashed``; ``--index milvus`` measures those of Milvus, in a Milvus Lite of its own.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from search.coverage import Coverage
from search.embedding.hashed import HashedEmbedder
from search.embedding.multilingual import MultilingualEmbedder
from search.embedding.sentence_transformer import SentenceTransformerEmbedder
from search.index.memory import MemoryVectorIndex
from search.index.milvus import MilvusVectorIndex
from search.index.milvus_words import MilvusLexicalIndex
from search.index.tantivy import TantivyIndex
from search.metrics import ndcg
from search.protocols import Embedder, LexicalIndex, VectorIndex
from search.retrieval import Group, retrieve
from search.types import MODES, Chunk

BATCH = 256


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _relevant(folder: Path) -> dict[str, dict[str, float]]:
    result: dict[str, dict[str, float]] = {}
    rows = (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]
    for query, document, gain in (row.split("\t") for row in rows):
        result.setdefault(query, {})[document] = float(gain)
    return result


def _chunks(folder: Path) -> list[Chunk]:
    return [
        Chunk(row["_id"], row["_id"], row["text"], row.get("title") or "")
        for row in _lines(folder / "corpus.jsonl")
    ]


def _indexes(kind: str, scratch: str) -> tuple[VectorIndex, LexicalIndex]:
    if kind == "milvus":
        uri = f"{scratch}/milvus.db"
        return MilvusVectorIndex(uri), MilvusLexicalIndex(uri)
    return MemoryVectorIndex(), TantivyIndex(scratch)


def _flush(scratch: str) -> None:
    """Milvus Lite searches what is not on disk yet row by row."""
    from pymilvus import MilvusClient

    client = MilvusClient(f"{scratch}/milvus.db")
    for name in client.list_collections():
        client.flush(name)


def measure(folder: Path, embedder: Embedder, coverage: Coverage, kind: str) -> None:
    chunks, relevant = _chunks(folder), _relevant(folder)
    queries = [
        (row["_id"], row["text"]) for row in _lines(folder / "queries.jsonl") if row["_id"] in relevant
    ]
    with tempfile.TemporaryDirectory() as scratch:
        vectors, lexical = _indexes(kind, scratch)
        began = time.perf_counter()
        for start in range(0, len(chunks), BATCH):
            part = chunks[start : start + BATCH]
            ids = [chunk.id for chunk in part]
            rows = embedder.embed([f"{chunk.title}\n{chunk.text}".strip() for chunk in part])
            vectors.upsert("set", ids, ids, rows)
        embedded = time.perf_counter() - began
        lexical.upsert("set", chunks)
        if kind == "milvus":
            _flush(scratch)
        print(f"{folder.name}: {len(chunks)} documents embedded in {embedded:.0f} s, {len(queries)} queries")
        for mode in MODES:
            halves: tuple[list[float], list[float]] = ([], [])
            began = time.perf_counter()
            for place, (key, text) in enumerate(queries):
                result = retrieve(
                    text,
                    [Group(("set",), embedder, coverage)],
                    k=10,
                    mode=mode,
                    vectors=vectors,
                    lexical=lexical,
                )
                halves[place % 2].append(ndcg([hit.chunk_id for hit in result.hits], relevant[key], 10))
            each = (time.perf_counter() - began) / len(queries) * 1000
            even, odd = (sum(half) / max(len(half), 1) for half in halves)
            print(
                f"  {mode:8} nDCG@10 {sum(map(sum, halves)) / len(queries):.4f}"
                f"  (even {even:.4f}, odd {odd:.4f})  {each:.1f} ms/query",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--embedder", default="bundled")
    parser.add_argument("--index", default="tantivy", choices=["tantivy", "milvus"])
    options = parser.parse_args()
    # Errors of an index speak the site's language, which takes settings.
    settings.configure(USE_I18N=False)
    embedder: Embedder
    if options.embedder == "hashed":
        embedder = HashedEmbedder()
    elif options.embedder == "multilingual":
        embedder = MultilingualEmbedder(Path(tempfile.gettempdir()) / "youju-bench-models")
    else:
        embedder = SentenceTransformerEmbedder(options.embedder)
    coverage = Coverage(embedder)
    print("coverage", dict(coverage.languages()))
    for folder in options.folders:
        measure(folder, embedder, coverage, options.index)


if __name__ == "__main__":
    main()
