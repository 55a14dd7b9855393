"""Questions with their answers, as lists of frequent questions and tables of them write them."""

import re
from collections.abc import Iterator, Sequence

from ingestion.whole_blocks import Block

_LEAD = r"[ \t]*(?:(?:[-*+]|\d{1,3}[.)、])[ \t]+)?(?:\*\*|__)?"
_WORD = r"(?:Q|Question|Frage|问题?|問題?|提问|提問|问答)"
_QUESTION = re.compile(
    rf"^{_LEAD}{_WORD}[ \t]*\d{{0,4}}(?:\*\*|__)?[ \t]*[:：.．、)）]", re.MULTILINE | re.IGNORECASE
)
_ASKS = re.compile(r"[?？][ \t#*_]*\n?$")


def pairs(text: str, headings: Sequence[tuple[int, int]], tables: Sequence[Block]) -> list[tuple[int, int]]:
    """(start, end) of each question with what follows until the next question or heading. Lines that begin
    with "Q:", "问：" or the like are questions, and headings that end with a question mark."""
    starts = {found.start() for found in _QUESTION.finditer(text)}
    starts |= {start for start, end in headings if _ASKS.search(text[start:end])}
    if not starts:
        return []
    borders = sorted(starts | {start for start, _end in headings} | {table.start for table in tables})
    ends = dict(zip(borders, [*borders[1:], len(text)], strict=True))
    return [(start, ends[start]) for start in sorted(starts)]


def row_starts(text: str, table: Block) -> Iterator[int]:
    """Where the passages of a table begin: its header with the first row, then each row."""
    yield table.start
    at = text.find("\n", table.body, table.end) + 1
    while 0 < at < table.end:
        yield at
        at = text.find("\n", at, table.end) + 1
