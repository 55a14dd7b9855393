"""Which runtime embeds fastest, and what that costs in what is found: ``python -m bench.encoder_runtimes``.

Passages of 150 words, and questions of 12 one at a time, from the English part of ``YOUJU_DATA``
(``xquad-en``) or the file named. The runtimes take turns, and the best turn of each counts, so that what else
the machine does meets all alike. With ``YOUJU_DATA``, nDCG@10 by vectors alone on a part of ``xquad-en`` and
``xquad-zh`` is printed, and the loss against the same model in floats by torch. See docs/decisions/009.
"""

import argparse
import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bench import history
from bench.encoder_variants import variants
from bench.quality import _chunks, _lines, _relevant
from search.metrics import ndcg
from search.protocols import Vectors

WORDS = 150
QUESTION_WORDS = 12
QUESTIONS_A_TURN = 10
SETS = ("xquad-en", "xquad-zh")
_FLOATS = "torch fp32"


class Encoder(Protocol):
    def embed(self, texts: list[str]) -> Vectors: ...
    def embed_queries(self, texts: list[str]) -> Vectors: ...


Rows = dict[str, dict[str, Any]]


def _spent(embed: Callable[[list[str]], object], batches: list[list[str]]) -> tuple[float, float]:
    """Seconds by the clock and of processor time, for each text."""
    texts = sum(map(len, batches))
    began, used = time.perf_counter(), time.process_time()
    for batch in batches:
        embed(batch)
    return (time.perf_counter() - began) / texts, (time.process_time() - used) / texts


def speed(encoders: dict[str, Encoder], words: list[str], passages: int, rounds: int) -> Rows:
    """Best of ``rounds``."""
    texts = [" ".join(words[at * WORDS : (at + 1) * WORDS]) for at in range(passages)]
    best = {name: np.full((2, 2), np.inf) for name in encoders}
    for encoder in encoders.values():
        encoder.embed(texts[:4])
    for turn in range(rounds):
        starts = range(turn * QUESTIONS_A_TURN * QUESTION_WORDS, len(words), QUESTION_WORDS)
        asked = [[" ".join(words[at : at + QUESTION_WORDS])] for at in starts[:QUESTIONS_A_TURN]]
        for name, encoder in encoders.items():
            now = np.array([_spent(encoder.embed, [texts]), _spent(encoder.embed_queries, asked)])
            best[name] = np.minimum(best[name], now)
    first = next(iter(best.values()))
    return {
        name: {
            "passages_per_s": round(1 / passage[0], 1),
            "times_the_first": round(first[0][0] / passage[0], 2),
            "passage_cpu_ms": round(1000 * passage[1], 1),
            "question_ms": round(1000 * question[0], 2),
        }
        for name, (passage, question) in best.items()
    }


def quality(encoder: Encoder, folder: Path, documents: int, questions: int) -> float:
    """nDCG@10 by vectors alone over the first so many passages, of questions that are answered there."""
    chunks, relevant = _chunks(folder)[:documents], _relevant(folder)
    known = {chunk.id for chunk in chunks}
    rows = [row for row in _lines(folder / "queries.jsonl") if known & relevant.get(row["_id"], {}).keys()]
    rows = rows[:: max(1, len(rows) // questions)][:questions]
    passages = encoder.embed([f"{chunk.title}\n{chunk.text}".strip() for chunk in chunks])
    # One at a time, as they are asked: runtimes that round activations do it for each text.
    asked = np.concatenate([encoder.embed_queries([row["text"]]) for row in rows])
    total = 0.0
    for row, cosines in zip(rows, asked @ passages.T, strict=True):
        found = [chunks[place].id for place in np.argsort(-cosines)[:10]]
        total += ndcg(found, relevant[row["_id"]], 10)
    return total / len(rows)


def _with_quality(
    rows: Rows, encoders: dict[str, Encoder], data: Path, documents: int, questions: int
) -> None:
    """Adds ``ndcg`` and ``ndcg_loss`` for each set."""
    for name, encoder in encoders.items():
        model = name.partition(",")[0]
        rows[name]["ndcg"] = {
            set_: round(quality(encoder, data / set_, documents, questions), 4)
            for set_ in SETS
            if set_.endswith("-en") or model != "MiniLM"  # which knows no Chinese
        }
        floats = rows[f"{model}, {_FLOATS}"]["ndcg"]
        rows[name]["ndcg_loss"] = {
            set_: round(floats[set_] - found, 4) for set_, found in rows[name]["ndcg"].items()
        }


def table(rows: Rows) -> str:
    """In Markdown."""
    heads = ["model and runtime", "passages/s", "to the first", "CPU ms", "question ms"]
    heads += [f"{set_}: nDCG@10 (loss)" for set_ in SETS]
    lines = [heads, ["---"] * len(heads)]
    for name, row in rows.items():
        cells = [
            f"{row[key]:g}" for key in ("passages_per_s", "times_the_first", "passage_cpu_ms", "question_ms")
        ]
        for set_ in SETS:
            known = row.get("ndcg", {}).get(set_)
            cells.append("" if known is None else f"{known:.3f} ({row['ndcg_loss'][set_]:+.4f})")
        lines.append([name, *cells])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _words(file: Path | None, data: Path | None) -> list[str]:
    if file:
        texts: Iterable[str] = [file.read_text(encoding="utf-8")]
    elif data:
        texts = (chunk.text for chunk in _chunks(data / SETS[0]))
    else:
        raise SystemExit("Name a FILE of plain English text, or set YOUJU_DATA to the folder with xquad-en.")
    return " ".join(texts).split()


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.encoder_runtimes", description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", help="plain text, at least 10,000 words")
    parser.add_argument("--passages", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--documents", type=int, default=100, help="of each set, for nDCG")
    parser.add_argument("--questions", type=int, default=100, help="of each set, for nDCG")
    history.add_option(parser)
    options = parser.parse_args()
    data = Path(os.environ["YOUJU_DATA"]) if os.environ.get("YOUJU_DATA") else None
    words = _words(options.file, data)
    with tempfile.TemporaryDirectory() as folder:
        encoders: dict[str, Encoder] = {name: make() for name, make in variants(folder).items()}
        gc.collect()
        rows = speed(encoders, words, options.passages, options.rounds)
        if data:
            _with_quality(rows, encoders, data, options.documents, options.questions)
        else:
            print("nDCG is left out: YOUJU_DATA names no folder with xquad-en and xquad-zh.")
    settings = {name: value for name, value in vars(options).items() if name not in {"file", "no_history"}}
    settings |= {"text": options.file.name if options.file else SETS[0], "ndcg": bool(data)}
    history.report("encoder_runtimes", rows, settings=settings, keep=not options.no_history)
    print(table(rows))


if __name__ == "__main__":
    main()
