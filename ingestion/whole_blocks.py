"""The blocks of a Markdown text that lose their sense when cut: fenced code and tables."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ingestion.token_counts import Counter

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_LINE = re.compile(r"[^\n]*\n?")


class Block(NamedTuple):
    """``text[start:end]``, without the last line break. ``body`` is the offset of a table's first row
    below its header, -1 for code."""

    start: int
    end: int
    body: int


def whole_blocks(text: str) -> Iterator[Block]:
    """In the order of the text, in linear time. A fence that is never closed ends with the text."""
    fence, start, body = "", -1, -1
    above = (0, "")
    for found in _LINE.finditer(text):
        at, line = found.start(), found.group().rstrip("\n")
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                yield Block(start, at + len(line), -1)
                fence, start = "", -1
            continue
        if start >= 0 and ("|" not in line or mark):
            yield Block(start, at - 1, body)
            start = -1
        if mark:
            fence, start = mark[1], at
        elif start < 0 and "|" in line and "|" in above[1] and _RULE.match(line):
            start, body = above[0], at + len(line) + 1
        above = (at, line)
    if start >= 0:
        yield Block(start, len(text), -1 if fence else body)


def paragraphs(
    text: str, taken: Sequence[tuple[int, int]], headings: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """(start, end) of the runs of lines with no empty line between, without those that are headings or
    touch a range that is ``taken``. Both are in the order of the text."""
    begins = {start for start, _end in headings}
    found: list[tuple[int, int]] = []
    start = -1
    for line in _LINE.finditer(text):
        at = line.start()
        if not line.group().strip() or at in begins:
            found += [(start, at)] if start >= 0 else []
            start = -1
        elif start < 0:
            start = at
    found += [(start, len(text))] if 0 <= start < len(text) else []
    ends = [end for _start, end in taken]
    return [
        (start, end)
        for start, end in found
        if (place := bisect_right(ends, start)) == len(taken) or taken[place][0] >= end
    ]


def fitting(
    text: str, ranges: Sequence[tuple[int, int]], tokens: int, counter: Counter, pages: Sequence[int]
) -> dict[int, int]:
    """Start → end of the ranges that have at most so many tokens and lie on one page; of several with one
    start, the last that fits. ``pages`` are the offsets at which pages begin."""
    whole = [
        (start, end)
        for start, end in ranges
        if bisect_right(pages, start) == bisect_right(pages, max(start, end - 1))
    ]
    counts = counter.counts([text[start:end] for start, end in whole])
    return {start: end for (start, end), count in zip(whole, counts, strict=True) if count <= tokens}
