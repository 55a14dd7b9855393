"""How well the main content of real pages is found: ``python -m bench.pages DIR [--json]``.

DIR holds ``expected.jsonl`` and the pages in ``html``. Each line names a page, its address, the segments that
its text must hold (``with``) and those that it must not (``without``). Over all segments: a ``with`` found is
a true positive, one missing a false negative, a ``without`` found a false positive; so trafilatura counts in
its own evaluation. Segments are compared as words, without the marks of Markdown and with single spaces
(``words``), and letter by letter with the text as it is stored (``stored``).

What was tuned was tuned on the pages at even places; those at odd places say how it does on others.
``alone`` is trafilatura with its own settings, on the same pages.
"""

import argparse
import json
import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trafilatura

from ingestion.crawl.page import read_page
from ingestion.extract.html import decode_html
from ingestion.extract.types import ExtractionError

_LINK = re.compile(r"!?\[((?:[^\[\]\\]|\\.)*)\]\([^()\s]*(?:\([^()]*\)[^()\s]*)?\)")
_MARKS = re.compile(r"[*_`]{1,3}|~~|\\|</?su[bp]>")

Read = Callable[[bytes, str], str]


@dataclass(frozen=True, slots=True)
class Expected:
    """A page and what its text should hold."""

    data: bytes
    url: str
    wanted: Sequence[str]
    unwanted: Sequence[str]


@dataclass(slots=True)
class Score:
    found: int = 0
    missing: int = 0
    false: int = 0
    seconds: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        precision = self.found / max(1, self.found + self.false)
        recall = self.found / max(1, self.found + self.missing)
        return {
            "precision": round(precision, 3),
            "recall": round(recall, 3),
            "f": round(2 * precision * recall / max(1e-9, precision + recall), 3),
            "ms_per_page": round(1000 * sum(self.seconds) / max(1, len(self.seconds)), 1),
        }


def youju(data: bytes, url: str) -> str:
    """The text as a crawl stores it, "" where it would store none."""
    try:
        return read_page(data, url=url).text
    except ExtractionError:
        return ""


def alone(data: bytes, url: str) -> str:
    """The text by trafilatura with its own settings."""
    text = trafilatura.extract(decode_html(data), url=url, output_format="markdown", include_comments=False)
    return text or ""


def words(text: str) -> str:
    """The words that people read: without links' targets, emphasis and line breaks."""
    return " ".join(_MARKS.sub("", _LINK.sub(r"\1", text)).split())


def measure(pages: Sequence[Expected], read: Read, shown: Callable[[str], str]) -> Score:
    score = Score()
    for page in pages:
        began = time.process_time()
        text = read(page.data, page.url)
        score.seconds.append(time.process_time() - began)
        held = shown(text)
        score.found += sum(shown(segment) in held for segment in page.wanted)
        score.missing += sum(shown(segment) not in held for segment in page.wanted)
        score.false += sum(shown(segment) in held for segment in page.unwanted)
    return score


def load(folder: Path) -> list[Expected]:
    rows = map(json.loads, (folder / "expected.jsonl").read_text(encoding="utf-8").splitlines())
    return [
        Expected((folder / "html" / row["file"]).read_bytes(), row["url"], row["with"], row["without"])
        for row in rows
    ]


def run(folder: Path) -> dict[str, Any]:
    """For each reader and way of comparing, the figures of both halves and of all pages."""
    pages = load(folder)
    halves = {"tuned on": pages[::2], "not seen": pages[1::2], "all": pages}
    youju(pages[0].data, pages[0].url)  # libraries are loaded with the first page
    ways: dict[str, tuple[Read, Callable[[str], str]]] = {
        "words": (youju, words),
        "stored": (youju, str),
        "alone, words": (alone, words),
    }
    return {
        way: {half: measure(part, read, shown).figures() for half, part in halves.items()}
        for way, (read, shown) in ways.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.pages", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="figures for programs")
    options = parser.parse_args()
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    result = run(options.folder)
    if options.json:
        print(json.dumps(result, indent=2))
        return
    for way, halves in result.items():
        for half, figures in halves.items():
            shown = "  ".join(f"{name} {value:g}" for name, value in figures.items())
            print(f"{way:13} {half:9} {shown}")


if __name__ == "__main__":
    main()
