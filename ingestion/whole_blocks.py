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


def fitting_blocks(text: str, tokens: int, counter: Counter, pages: Sequence[int]) -> dict[int, int]:
    """Start → end of the blocks that have at most so many tokens and lie on one page. ``pages`` are the
    offsets at which pages begin."""
    blocks = [
        block
        for block in whole_blocks(text)
        if bisect_right(pages, block.start) == bisect_right(pages, block.end)
    ]
    counts = counter.counts([text[block.start : block.end] for block in blocks])
    return {block.start: block.end for block, count in zip(blocks, counts, strict=True) if count <= tokens}
