"""The parts of a text that are gathered into passages: lines, sentences, clauses, blocks that stay whole."""

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol, cast

from ingestion.split_presets import Rules
from ingestion.token_counts import Counter

_SENTENCE = re.compile(r"[.!?…][\"'”’)\]]*\s+(?![a-z])|[。！？；][”’」』）]*")
_CLAUSE = re.compile(r"[,;:]\s+|[，；：、]\s*")
_LINE = re.compile(r"[^\n]*\n(?:[ \t]*\n)*|[^\n]+\Z")
_LONG_LINE = 60
# The library's time grows with the square of what it is given.
_WINDOW = 1000
# So many parts are counted between two looks at whether the work is still wanted.
_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of the text that is not cut. ``rank``: how good a cut before it is (0 is within a
    sentence, 1 at a sentence, 2 at a paragraph, 3 at a page or heading). ``new_page``: a passage begins
    here whatever its size, as at a page."""

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


def units_of(
    text: str,
    tokens: int,
    counter: Counter,
    rules: Rules,
    starts: Sequence[int],
    keep: Callable[[], None] | None = None,
) -> list[Unit]:
    """The text in order, nothing left out; no unit has more than ``tokens``. ``starts`` are the offsets at
    which pages begin. ``keep`` is called now and then, and ends the work with what it raises."""
    borders = _borders(text, rules, starts)
    parts = [text[start:end] for start, end in pairwise(borders)]
    begins = set(starts) | rules.begins
    longest = tokens if rules.whole_lines else tokens // 2
    units: list[Unit] = []
    for start, part, count in zip(borders, parts, _counts(parts, counter, keep), strict=False):
        heading = rules.outline.is_heading(start) and start not in rules.whole
        rank = 3 if heading or start in begins else rules.rank(text, start)
        if count <= longest or (start in rules.whole and count <= tokens):
            cut = [Unit(start, start + len(part), count, rank, heading)]
        else:
            cut = _cut_long(start, part, rank, tokens // 2, counter, heading=heading)
        units += [replace(cut[0], new_page=start in begins, blank=not part.strip()), *cut[1:]] if cut else []
    return units


def _counts(parts: Sequence[str], counter: Counter, keep: Callable[[], None] | None) -> Iterator[int]:
    for at in range(0, len(parts), _AT_ONCE):
        if keep is not None:
            keep()
        yield from counter.counts(parts[at : at + _AT_ONCE])


def _borders(text: str, rules: Rules, starts: Sequence[int]) -> list[int]:
    """Offsets between units, the beginning and the end included: lines, and sentences of long lines,
    but none within a block that stays whole."""
    borders = {0, len(text), *(start for start in starts if start <= len(text))}
    for start, end in rules.outline.spans:
        borders |= {start, end}
    for line in _LINE.finditer(text):
        borders.add(line.end())
        if line.end() - line.start() > _LONG_LINE and not rules.whole_lines:
            borders.update(found.end() for found in _SENTENCE.finditer(text, line.start(), line.end()))
            if rules.clauses:
                borders.update(found.end() for found in _CLAUSE.finditer(text, line.start(), line.end()))
    kept: list[int] = []
    until = 0
    for border in sorted(borders | rules.whole.keys() | rules.begins):
        if border >= until:
            kept.append(border)
            until = rules.whole.get(border, border)
    return kept


def _cut_long(start: int, part: str, rank: int, most: int, counter: Counter, *, heading: bool) -> list[Unit]:
    """A unit of more than ``most`` tokens cut at words, or between tokens where it has none."""
    chars = max(1, int(0.8 * most * len(part) / counter.counts([part])[0]))
    windows = [part[at : at + _WINDOW] for at in range(0, len(part), _WINDOW)]
    pieces = [piece for window in windows for piece in _splitter(chars).chunks(window)]
    units: list[Unit] = []
    for piece, count in zip(pieces, counter.counts(pieces), strict=True):
        begins = [0, *counter.offsets(piece)[most::most]] if count > most else [0]
        for begin, end in zip(begins, [*begins[1:], len(piece)], strict=True):
            tokens = counter.counts([piece[begin:end]])[0] if count > most else count
            units.append(Unit(start + begin, start + end, tokens, 0 if units else rank, heading))
        start += len(piece)
    return units


class _Chunker(Protocol):
    def chunks(self, text: str) -> list[str]: ...


@functools.lru_cache(maxsize=64)
def _splitter(chars: int) -> _Chunker:
    from semantic_text_splitter import TextSplitter

    return cast(Callable[..., _Chunker], TextSplitter)(chars, trim=False)
