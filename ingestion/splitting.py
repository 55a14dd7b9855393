"""Cuts a document's text into passages, sized in the embedding model's own tokens.

Lines and sentences are counted once each by the tokenizer and gathered into passages. A table or a
block of code that fits into one is not cut; a sentence that is too long is cut at words, which
``semantic_text_splitter`` finds in any script. Letting that library cut the whole text, counting tokens
for itself, gives the same sizes but counts every character many times, and takes time that grows with the
square of a line's length.
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from uuid import UUID

from ingestion.section_labels import label
from ingestion.split_presets import PRESETS, preset_version, rules_for
from ingestion.split_units import Unit, units_of
from ingestion.token_counts import counter_for, digest

_VERSION = "4"
_GOOD_CUT_SHARE = 0.5


@dataclass(frozen=True)
class SplitSettings:
    """``tokens`` is the most a passage may have, ``overlap`` the most it shares with the one before.

    ``tokenizer`` is the path of a ``tokenizer.json`` or SentencePiece ``.model``; "" estimates tokens: one
    for each Chinese, Japanese or Korean character, one for each four others. ``preset`` is one of
    ``split_presets.PRESETS``; "" goes by the document's type.
    """

    tokens: int = 200
    overlap: int = 30
    tokenizer: str = ""
    preset: str = ""

    def __post_init__(self) -> None:
        if self.tokens < 8 or not 0 <= self.overlap <= self.tokens // 2:
            raise ValueError("a passage needs at least 8 tokens, of which at most half may overlap")
        if self.preset not in PRESETS:
            raise ValueError(f"there is no preset {self.preset!r}; known ones: {', '.join(PRESETS)}")

    @property
    def fingerprint(self) -> str:
        """Equal where the same text would be cut in the same places, on whatever machine."""
        content = digest(self.tokenizer) if self.tokenizer else "estimate"
        parts = [_VERSION, self.tokens, self.overlap, content]
        value = json.dumps([*parts, preset_version(self.preset)] if self.preset else parts)
        return hashlib.sha256(value.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Piece:
    """``text[start:end]`` is the passage. ``page`` is the number of the page that its text, headings
    apart, begins on, and ``heading`` the headings above it joined by " › ". Where it holds several short
    sections, the last of those headings are joined by " · ". ``table`` is the header row of the table within
    which it begins, where it does not hold that row itself. One by hand names its ``edit`` and has a
    ``text`` of its own for the range."""

    start: int
    end: int
    page: int | None
    heading: str
    table: str = ""
    text: str = ""
    edit: UUID | None = None


def split(
    text: str,
    pages: Sequence[tuple[int | None, int]],
    settings: SplitSettings,
    *,
    markdown: bool = True,
    keep: Callable[[], None] | None = None,
) -> list[Piece]:
    """Passages in the order of the text, together covering all of its words.

    ``pages`` are the pages' numbers with their offsets in characters, ascending. No passage has
    more than ``settings.tokens`` tokens (special tokens apart) or is only white space, and one is only a
    heading where nothing follows that it could be joined to. ``keep`` is called now and then; what it
    raises ends the work.
    """
    counter = counter_for(settings.tokenizer)
    starts = [start for _, start in pages]
    rules = rules_for(settings.preset, text, starts, settings.tokens, counter, markdown=markdown)
    units = units_of(text, settings.tokens, counter, rules, starts, keep)
    pieces = []
    for first, last in _gather(units, settings, rules.section_share):
        start, end = _trim(text, units[first].start, units[last - 1].end)
        if start < end:
            body = next((unit.start for unit in units[first:last] if unit.is_body), start)
            page = bisect_right(starts, body) - 1
            number = pages[page][0] if page >= 0 else None
            heading = label(rules.outline, _sections(units[first:last], start, end))
            pieces.append(Piece(start, end, number, heading, rules.table_above(text, start)))
    return pieces


def _sections(units: Sequence[Unit], start: int, end: int) -> list[tuple[int, int]]:
    """The sections that a passage holds, from heading to heading; what stands before the first counts."""
    body = next((unit.start for unit in units if unit.is_body), end)
    begins = [
        unit.start
        for unit, following in pairwise(units)
        if unit.heading and not following.heading and unit.start > body
    ]
    return list(pairwise([start, *begins, end]))


def _gather(units: Sequence[Unit], settings: SplitSettings, share: float) -> list[tuple[int, int]]:
    """Ranges of units that make a passage each."""
    sections = _section_ends(units)
    totals = [0, *accumulate(unit.tokens for unit in units)]
    ranges: list[tuple[int, int]] = []
    first = 0
    while first < len(units):
        left = totals[sections[first]] - totals[first]
        # What is a little too much for one passage makes two of like size, not one and a scrap.
        goal = int(0.6 * left) if settings.tokens < left < 1.6 * settings.tokens else settings.tokens
        last = _end(units, first, settings.tokens, goal, share)
        ranges.append((first, last))
        if last >= len(units):
            break
        first = _overlap_start(units, first, last, settings)
    return _join_last(ranges, units, totals, settings.tokens)


def _section_ends(units: Sequence[Unit]) -> list[int]:
    """For each unit, the index after the last unit of its section."""
    ends = [len(units)] * len(units)
    end = len(units)
    for at in range(len(units) - 1, -1, -1):
        ends[at] = end
        if units[at].heading:
            end = at
    return ends


def _end(units: Sequence[Unit], first: int, most: int, goal: int, share: float) -> int:
    """The best end, at most ``most`` and about ``goal`` tokens on, for a passage beginning at ``first``. A
    section ends one that has at least ``share`` of its tokens, a page always does."""
    total = body = 0
    at = first
    best, best_key = first + 1, (False, -1, 0)
    while at < len(units) and (total + units[at].tokens <= most or at == first):
        unit = units[at]
        if body and (unit.new_page or (unit.heading and body > most * share)):
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
    ranges: list[tuple[int, int]], units: Sequence[Unit], totals: Sequence[int], most: int
) -> list[tuple[int, int]]:
    """Headings at the very end, with nothing below them, join the passage before where they fit."""
    if len(ranges) > 1 and all(unit.heading for unit in units[slice(*ranges[-1])]):
        before, last = ranges[-2], ranges[-1]
        if totals[last[1]] - totals[before[0]] <= most:
            return [*ranges[:-2], (before[0], last[1])]
    return ranges


def _overlap_start(units: Sequence[Unit], first: int, last: int, settings: SplitSettings) -> int:
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
