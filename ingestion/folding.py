"""One page of a ranking, as it is or with passages that say the same as a better one folded into that.

Evaluation and answers use the ranking as it is: there each document counts, and answers drop what they need
not read by themselves. People and programs that search get it folded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import ngettext

from ingestion.ordered import Read
from ingestion.ranked import Ranked, Sort
from search.diversity import twins
from search.ordering import LOOKED_AT
from search.retrieval import Result, depth_for

LAST_OFFSET = 1000
# So many passages more are looked at as are at hand anyway, since ``Ranked`` reads that many.
_SPARE = LOOKED_AT - 21
# How deep the ranking is looked into for passages that add something.
_DEEPEST = 2 * LAST_OFFSET
# Of more that say the same nobody reads the list.
_MOST_SIMILAR = 50


@dataclass(frozen=True, slots=True)
class Page:
    """``similar`` are, by the id of a passage that is ``shown``, those folded into it. ``more``: others
    follow. ``notes`` are those of ``result`` and of the page."""

    result: Result
    shown: Sequence[Read]
    more: bool
    similar: Mapping[str, Sequence[Read]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def as_ranked(ranked: Ranked, k: int, offset: int, sort: Sort) -> Page:
    """``k`` passages behind the first ``offset``."""
    result, found = ranked.part(k, offset, sort)
    more = len(found) > offset + k and offset < LAST_OFFSET
    return Page(result, found[offset : offset + k], more, notes=result.notes)


def distinct(ranked: Ranked, k: int, offset: int, sort: Sort) -> Page:
    """``k`` passages, each of which says something of its own, behind the first ``offset`` such ones: on no
    page is what an earlier one has said."""
    deep = offset + _SPARE
    while True:
        result, found = ranked.part(k, deep, sort)
        is_all = sort != "relevance" or len(found) < max(deep + k + 1, LOOKED_AT) or deep >= _DEEPEST
        folded = _Folded.of(found, offset + k)
        if is_all or len(folded.kept) > offset + k:
            break
        deep = _deeper(k, deep)
    shown = folded.kept[offset : offset + k]
    more = len(folded.kept) > offset + k and offset < LAST_OFFSET
    similar = {found[place][1].id: folded.similar(place) for place in shown if place in folded.into}
    notes = (*result.notes, *folded.said_before(offset))
    return Page(result, [found[place] for place in shown], more, similar, notes)


def _deeper(k: int, deep: int) -> int:
    """As many more as the ranking holds without asking the indexes for more; where it was read to its end,
    as many as they answer next."""
    depth = depth_for(k)
    while depth <= deep + k + 1:
        depth *= 4
    return min(depth - k - 1, _DEEPEST)


@dataclass(frozen=True, slots=True)
class _Folded:
    """``kept`` are places in ``found``, ``into`` the places that are folded into each of them, of those up to
    ``end``."""

    found: Sequence[Read]
    kept: list[int]
    into: dict[int, list[int]]
    end: int

    @classmethod
    def of(cls, found: Sequence[Read], most: int) -> "_Folded":
        """Up to the one behind the first ``most``; the rest is not compared."""
        kept: list[int] = []
        into: dict[int, list[int]] = {}
        for place, twin in enumerate(twins(chunk.text for _hit, chunk in found)):
            if twin is not None:
                into.setdefault(twin, []).append(place)
                continue
            kept.append(place)
            if len(kept) > most:
                return cls(found, kept, into, place)
        return cls(found, kept, into, len(found))

    def similar(self, place: int) -> list[Read]:
        return [self.found[other] for other in self.into[place][:_MOST_SIMILAR]]

    def said_before(self, offset: int) -> list[str]:
        """What a person may miss on the page that begins behind the first ``offset``."""
        if not 0 < offset < len(self.kept):
            return []
        begin, end = self.kept[offset], self.end
        count = sum(begin < place < end for first in self.kept[:offset] for place in self.into.get(first, ()))
        if not count:
            return []
        said = ngettext(
            "One passage that says the same as one on an earlier page is not shown again.",
            "%(count)d passages that say the same as some on earlier pages are not shown again.",
            count,
        )
        return [said % {"count": count}]
