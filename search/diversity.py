"""Passages that say the same: which add nothing to a better one.

Passages that differ in a figure never say the same: one of them may be out of date, and the reader must see
both.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property

import regex

from search import analysis, figures

# Two passages with this part of their terms in common (Jaccard) say the same.
SAME_FROM = 0.8
# A passage whose terms lie in another one to this part adds nothing.
HELD_FROM = 0.97
# Passages that have less than this part of the shorter one's words or clauses in common are not compared
# term by term: a set of pieces costs a hundredth of the terms.
_WORTH_COMPARING = 0.4
# Longer than words are on average.
_LONG_PIECE = 12
_PIECE = regex.compile(r"\w+")


class Seen:
    """A passage's text and what it is compared by; each part is made when it is first needed."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def terms(self) -> frozenset[str]:
        return frozenset(analysis.tokens(self.text))

    @cached_property
    def pieces(self) -> frozenset[str]:
        """Words; in scripts without spaces what stands between two signs."""
        pieces = self.text.split()
        if len(self.text) > _LONG_PIECE * len(pieces):
            pieces = _PIECE.findall(self.text)
        return frozenset(pieces)

    @cached_property
    def figures(self) -> frozenset[str]:
        return figures.held(self.text)

    def adds_nothing_to(self, other: "Seen") -> bool:
        """Whether who has read ``other`` need not read this one."""
        shared = len(self.terms & other.terms)
        if not shared:
            return False
        alike = shared >= SAME_FROM * len(self.terms | other.terms)
        within = shared >= HELD_FROM * len(self.terms)
        if not (alike or within):
            return False
        if alike and not within:
            return self.figures == other.figures
        return self.figures <= other.figures

    def may_be_like(self, other: "Seen") -> bool:
        """A quick look that spares most pairs the comparison."""
        least = min(len(self.pieces), len(other.pieces))
        return len(self.pieces & other.pieces) >= _WORTH_COMPARING * least


def twins(texts: Iterable[str]) -> Iterator[int | None]:
    """For each text, best first, the place of the better one that it adds nothing to, or ``None``.

    A place that is named stands for itself. A few microseconds for a pair that is not alike.
    """
    kept: list[tuple[int, Seen]] = []
    for place, text in enumerate(texts):
        seen = Seen(text)
        twin = next(
            (at for at, other in kept if seen.may_be_like(other) and seen.adds_nothing_to(other)), None
        )
        if twin is None:
            kept.append((place, seen))
        yield twin
