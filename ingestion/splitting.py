"""Cuts a document's text into passages, sized in the embedding model's own tokens.

Lines and sentences are counted once each by the tokenizer and gathered into passages. A table or a
block of code that fits into one is not cut; a sentence that is too long is cut at words, which
``semantic_text_splitter`` finds in any script. Letting that library cut the whole text, counting tokens
for itself, gives the same sizes but counts every character many times, and takes time that grows with the
square of a line's length.
"""

import functools
import hashlib
import json
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Protocol, cast

from ingestion.headings import Outline
from ingestion.section_labels import label
from ingestion.token_counts import Counter, counter_for, digest
from ingestion.whole_blocks import fitting_blocks

_VERSION = "4"
_SENTENCE_END = re.compile(r"(?:[.!?…][\"'”’)\]]*\s+|[。！？；…][”’」』）]*\s*)$")
_SENTENCE = re.compile(r"[.!?…][\"'”’)\]]*\s+(?![a-z])|[。！？；][”’」』）]*")
_EMPTY_LINE = re.compile(r"\n[ \t]*\n\s*$")
_LINE = re.compile(r"[^\n]*\n(?:[ \t]*\n)*|[^\n]+\Z")
_LONG_LINE = 60
# The library's time grows with the square of what it is given.
_WINDOW = 1000
# A section may end a passage that has at least this part of its tokens; a page always ends it, so that
# a citation names the right page or slide.
_SECTION_SHARE = 0.25
_GOOD_CUT_SHARE = 0.5


@dataclass(frozen=True)
class SplitSettings:
    """``tokens`` is the most a passage may have, ``overlap`` the most it shares with the one before.

    ``tokenizer`` is the path of a ``tokenizer.json`` or SentencePiece ``.model``; "" estimates tokens: one
    for each Chinese, Japanese or Korean character, one for each four others.
    """

    tokens: int = 200
    overlap: int = 30
    tokenizer: str = ""

    def __post_init__(self) -> None:
        if self.tokens < 8 or not 0 <= self.overlap <= self.tokens // 2:
            raise ValueError("a passage needs at least 8 tokens, of which at most half may overlap")

    @property
    def fingerprint(self) -> str:
        """Equal where the same text would be cut in the same places, on whatever machine."""
        content = digest(self.tokenizer) if self.tokenizer else "estimate"
        value = json.dumps([_VERSION, self.tokens, self.overlap, content])
        return hashlib.sha256(value.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Piece:
    """``text[start:end]`` is the passage. ``page`` is the number of the page that its text, headings
    apart, begins on, and ``heading`` the headings above it joined by " › ". Where it holds several short
    sections, the last of those headings are joined by " · "."""

    start: int
    end: int
    page: int | None
    heading: str


def split(
    text: str,
    pages: Sequence[tuple[int | None, int]],
    settings: SplitSettings,
    *,
    markdown: bool = True,
) -> list[Piece]:
    """Passages in the order of the text, together covering all of its words.

    ``pages`` are the pages' numbers with their offsets in characters, ascending. No passage has
    more than ``settings.tokens`` tokens (special tokens apart) or is only white space, and one is only a
    heading where nothing follows that it could be joined to.
    """
    counter = counter_for(settings.tokenizer)
    outline = Outline(text) if markdown else Outline("")
    starts = [start for _, start in pages]
    whole = fitting_blocks(text, settings.tokens, counter, starts) if markdown else {}
    units = _units(text, settings, counter, outline, starts, whole)
    pieces = []
    for first, last in _gather(units, settings):
        start, end = _trim(text, units[first].start, units[last - 1].end)
        if start < end:
            body = next((unit.start for unit in units[first:last] if unit.is_body), start)
            page = bisect_right(starts, body) - 1
            number = pages[page][0] if page >= 0 else None
            pieces.append(Piece(start, end, number, label(outline, _sections(units[first:last], start, end))))
    return pieces


def _sections(units: Sequence["_Unit"], start: int, end: int) -> list[tuple[int, int]]:
    """The sections that a passage holds, from heading to heading; what stands before the first counts."""
    body = next((unit.start for unit in units if unit.is_body), end)
    begins = [
        unit.start
        for unit, following in pairwise(units)
        if unit.heading and not following.heading and unit.start > body
    ]
    return list(pairwise([start, *begins, end]))


@dataclass(frozen=True, slots=True)
class _Unit:
    """A part of the text that is not cut. ``rank``: how good a cut before it is (0 is within a
    sentence, 1 at a sentence, 2 at a paragraph, 3 at a page or heading)."""

    start: int
    end: int
    tokens: int
    rank: int
    heading: bool
    new_page: bool = False
    blank: bool = False

    @property
    def is_body(self) -> bool:
        return not (self.heading or self.blank)


def _units(
    text: str,
    settings: SplitSettings,
    counter: Counter,
    outline: Outline,
    starts: Sequence[int],
    whole: Mapping[int, int],
) -> list[_Unit]:
    borders = _borders(text, outline, starts, whole)
    parts = [text[start:end] for start, end in pairwise(borders)]
    pages = set(starts)
    units: list[_Unit] = []
    for start, part, tokens in zip(borders, parts, counter.counts(parts), strict=False):
        heading = outline.is_heading(start)
        rank = 3 if heading or start in pages else _rank(text, start)
        if tokens <= settings.tokens // 2 or (start in whole and tokens <= settings.tokens):
            cut = [_Unit(start, start + len(part), tokens, rank, heading)]
        else:
            cut = _cut_long(start, part, rank, settings.tokens // 2, counter, heading=heading)
        units += [replace(cut[0], new_page=start in pages, blank=not part.strip()), *cut[1:]] if cut else []
    return units


def _borders(text: str, outline: Outline, starts: Sequence[int], whole: Mapping[int, int]) -> list[int]:
    """Offsets between units, the beginning and the end included: lines, and sentences of long lines,
    but none within a block that stays whole."""
    borders = {0, len(text), *(start for start in starts if start <= len(text))}
    for start, end in outline.spans:
        borders |= {start, end}
    for line in _LINE.finditer(text):
        borders.add(line.end())
        if line.end() - line.start() > _LONG_LINE:
            borders.update(found.end() for found in _SENTENCE.finditer(text, line.start(), line.end()))
    kept: list[int] = []
    until = 0
    for border in sorted(borders | whole.keys()):
        if border >= until:
            kept.append(border)
            until = whole.get(border, border)
    return kept


def _rank(text: str, at: int) -> int:
    before, after = text[max(0, at - 12) : at], text[at : at + 1]
    if _EMPTY_LINE.search(before):
        return 2
    wrapped = before.endswith("\n") and after.islower() and not _SENTENCE_END.search(before)
    return 1 if not wrapped and (before.endswith("\n") or _SENTENCE_END.search(before)) else 0


def _cut_long(start: int, part: str, rank: int, most: int, counter: Counter, *, heading: bool) -> list[_Unit]:
    """A unit of more than ``most`` tokens cut at words, or between tokens where it has none."""
    chars = max(1, int(0.8 * most * len(part) / counter.counts([part])[0]))
    windows = [part[at : at + _WINDOW] for at in range(0, len(part), _WINDOW)]
    pieces = [piece for window in windows for piece in _splitter(chars).chunks(window)]
    units: list[_Unit] = []
    for piece, count in zip(pieces, counter.counts(pieces), strict=True):
        begins = [0, *counter.offsets(piece)[most::most]] if count > most else [0]
        for begin, end in zip(begins, [*begins[1:], len(piece)], strict=True):
            tokens = counter.counts([piece[begin:end]])[0] if count > most else count
            units.append(_Unit(start + begin, start + end, tokens, 0 if units else rank, heading))
        start += len(piece)
    return units


def _gather(units: Sequence[_Unit], settings: SplitSettings) -> list[tuple[int, int]]:
    """Ranges of units that make a passage each."""
    sections = _section_ends(units)
    totals = [0, *accumulate(unit.tokens for unit in units)]
    ranges: list[tuple[int, int]] = []
    first = 0
    while first < len(units):
        left = totals[sections[first]] - totals[first]
        # What is a little too much for one passage makes two of like size, not one and a scrap.
        goal = int(0.6 * left) if settings.tokens < left < 1.6 * settings.tokens else settings.tokens
        last = _end(units, first, settings.tokens, goal)
        ranges.append((first, last))
        if last >= len(units):
            break
        first = _overlap_start(units, first, last, settings)
    return _join_last(ranges, units, totals, settings.tokens)


def _section_ends(units: Sequence[_Unit]) -> list[int]:
    """For each unit, the index after the last unit of its section."""
    ends = [len(units)] * len(units)
    end = len(units)
    for at in range(len(units) - 1, -1, -1):
        ends[at] = end
        if units[at].heading:
            end = at
    return ends


def _end(units: Sequence[_Unit], first: int, most: int, goal: int) -> int:
    """The best end, at most ``most`` and about ``goal`` tokens on, for a passage beginning at ``first``."""
    total = body = 0
    at = first
    best, best_key = first + 1, (False, -1, 0)
    while at < len(units) and (total + units[at].tokens <= most or at == first):
        unit = units[at]
        if body and (unit.new_page or (unit.heading and body > most * _SECTION_SHARE)):
            return at
        total += unit.tokens
        body += unit.tokens if unit.is_body else 0
        at += 1
        if not unit.heading and at < len(units):
            key = (total >= _GOOD_CUT_SHARE * goal, min(units[at].rank, 2), min(total, goal))
            if key > best_key:
                best, best_key = at, key
    if at >= len(units):
        return at
    return best if best_key[1] >= 0 else at


def _join_last(
    ranges: list[tuple[int, int]], units: Sequence[_Unit], totals: Sequence[int], most: int
) -> list[tuple[int, int]]:
    """Headings at the very end, with nothing below them, join the passage before where they fit."""
    if len(ranges) > 1 and all(unit.heading for unit in units[slice(*ranges[-1])]):
        before, last = ranges[-2], ranges[-1]
        if totals[last[1]] - totals[before[0]] <= most:
            return [*ranges[:-2], (before[0], last[1])]
    return ranges


def _overlap_start(units: Sequence[_Unit], first: int, last: int, settings: SplitSettings) -> int:
    """Where the next passage begins: some units back, unless a page or a heading begins there."""
    start, total = last, 0
    if units[last].rank >= 3:
        return last
    while start - 1 > first and total + units[start - 1].tokens <= settings.overlap:
        if units[start - 1].heading:
            break
        start -= 1
        total += units[start].tokens
    while start < last and units[start].rank == 0:
        start += 1
    room = settings.tokens - sum(unit.tokens for unit in units[start:last])
    return start if units[last].tokens <= room else last


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))


class _Chunker(Protocol):
    def chunks(self, text: str) -> list[str]: ...


@functools.lru_cache(maxsize=64)
def _splitter(chars: int) -> _Chunker:
    from semantic_text_splitter import TextSplitter

    return cast(Callable[..., _Chunker], TextSplitter)(chars, trim=False)
