"""Embedding models side by side in one run: ``python -m bench.encoder_runtimes TEXT_FILE``.

Cuts the file into passages of 150 words and takes turns, so that what else the machine does meets all
alike. Processor time is compared, as ratios to the English model: on a shared machine it is steadier than the
clock. ``multilingual`` is the 8-bit graph of the site; ``english`` is MiniLM by torch.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from search.embedding.multilingual import MultilingualEmbedder
from search.embedding.sentence_transformer import SentenceTransformerEmbedder
from search.protocols import Embedder

WORDS = 150
QUESTION_WORDS = 12


def _processor_ms(embed: Callable[[list[str]], object], batches: list[list[str]]) -> float:
    """For each text, in milliseconds."""
    began = time.process_time()
    for batch in batches:
        embed(batch)
    return (time.process_time() - began) * 1000 / sum(map(len, batches))


def compare(
    embedders: dict[str, Embedder], words: list[str], passages: int, rounds: int
) -> dict[str, dict[str, float]]:
    """Best of ``rounds``: milliseconds of processor time for a passage and a question, and ratios."""
    texts = [" ".join(words[at * WORDS : (at + 1) * WORDS]) for at in range(passages)]
    best = {name: (float("inf"), float("inf")) for name in embedders}
    for embedder in embedders.values():
        embedder.embed(texts[:2])
    for turn in range(rounds):
        starts = range(turn * 10 * QUESTION_WORDS, (turn + 1) * 10 * QUESTION_WORDS, QUESTION_WORDS)
        asked = [[" ".join(words[start : start + QUESTION_WORDS])] for start in starts]
        for name, embedder in embedders.items():
            passage, question = best[name]
            best[name] = (
                min(passage, _processor_ms(embedder.embed, [texts])),
                min(question, _processor_ms(embedder.embed_queries, asked)),
            )
    reference = best["english"]
    return {
        name: {
            "passage_ms": round(passage, 1),
            "question_ms": round(question, 1),
            "passages_to_english": round(reference[0] / passage, 2),
            "questions_to_english": round(reference[1] / question, 2),
        }
        for name, (passage, question) in best.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="plain text, at least 10,000 words")
    parser.add_argument("--passages", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    words = options.file.read_text(encoding="utf-8").split()
    with tempfile.TemporaryDirectory() as folder:
        embedders: dict[str, Embedder] = {
            "english": SentenceTransformerEmbedder(),
            "multilingual": MultilingualEmbedder(folder),
        }
        print(json.dumps(compare(embedders, words, options.passages, options.rounds), indent=2))


if __name__ == "__main__":
    main()
