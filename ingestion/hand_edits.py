"""Editors' changes to passages, put onto whatever passages the splitter makes of a text.

A change is about a range of the text. It is found again in a new text by what stood there and around it,
white space apart; where that is not certain the change has no place, and is reported, never guessed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from ingestion.splitting import Piece

AROUND_CHARS = 120
Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class HandEdit:
    """``text`` stands in the place of ``original``; an addition stands below it, and its range is empty.
    An addition without anything ``before`` and ``after`` it belongs to the end of whatever text there is."""

    id: UUID
    kind: Literal["edit", "disable", "add"]
    start: int
    end: int
    original: str
    before: str
    after: str
    text: str = ""
    page: int | None = None
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """``pieces`` with the edits in force; where each of those stands now; and the ids of those without a
    place."""

    pieces: list[Piece]
    places: dict[UUID, Range]
    unplaced: list[UUID]


def around(text: str, start: int, end: int) -> tuple[str, str]:
    """What is kept of the text before and after a range, to find it again."""
    return text[max(0, start - AROUND_CHARS) : start], text[end : end + AROUND_CHARS]


def apply(text: str, pieces: Sequence[Piece], edits: Iterable[HandEdit]) -> Applied:
    """Edits first, then what is switched off, then additions; pieces in the order of the text.

    A piece with exactly the range of an edit is replaced; others that reach into the range end or begin
    at its borders, so that no word of theirs is lost.
    """
    order = {"edit": 0, "disable": 1, "add": 2}
    result = list(pieces)
    places: dict[UUID, Range] = {}
    unplaced: list[UUID] = []
    searcher = _Searcher(text)
    for edit in sorted(edits, key=lambda each: (order[each.kind], each.start)):
        place = searcher.find(edit)
        if place is None:
            unplaced.append(edit.id)
            continue
        places[edit.id] = place
        if edit.kind == "add":
            result.append(_addition(edit, place, result))
        else:
            result = list(_carved(text, result, edit, place))
    result.sort(key=lambda piece: (piece.start, piece.start == piece.end))
    return Applied(result, places, unplaced)


def locate(text: str, edit: HandEdit) -> Range | None:
    """Where the edit belongs in the text, or ``None`` where that is not certain."""
    return _Searcher(text).find(edit)


class _Searcher:
    """Finds ranges of one text. What needs the text without white space makes it once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._bare = ""
        self._places: list[int] = []

    def find(self, edit: HandEdit) -> Range | None:
        if edit.kind != "add":
            if edit.original and self._text[edit.start : edit.end] == edit.original:
                return edit.start, edit.end
            return self._best(edit, edit.original)
        if not edit.before and not edit.after:
            return len(self._text), len(self._text)
        at = edit.start
        if around(self._text, at, at) == (edit.before, edit.after):
            return at, at
        above = self._best(edit, edit.original)
        if above is not None:
            return above[1], above[1]
        found = self._best(replace(edit, before="", after=""), edit.before + edit.after)
        if found is not None:
            at = self._place_after(found[0], _bare(edit.before))
            return at, at
        before, after = self._only(edit.before), self._only(edit.after)
        at = before[1] if before else after[0] if after else -1
        return (at, at) if at >= 0 else None

    def _best(self, edit: HandEdit, wanted: str) -> Range | None:
        """The only place of ``wanted``, or of several the one whose surroundings are most alike."""
        found = list(self._all(_bare(wanted)))
        if len(found) < 2:
            return found[0] if found else None
        scores = [self._likeness(edit, place) for place in found]
        best = max(scores)
        if best and scores.count(best) == 1:
            return found[scores.index(best)]
        return None

    def _only(self, wanted: str) -> Range | None:
        found = list(self._all(_bare(wanted)))
        return found[0] if len(found) == 1 else None

    def _all(self, bare: str) -> Iterator[Range]:
        self._squeeze()
        at = self._bare.find(bare) if bare else -1
        while at >= 0:
            yield self._places[at], self._places[at + len(bare) - 1] + 1
            at = self._bare.find(bare, at + 1)

    def _place_after(self, start: int, bare: str) -> int:
        """Where the text that begins at ``start`` with ``bare`` has said it."""
        left = len(bare)
        while left:
            left -= not self._text[start].isspace()
            start += 1
        return start

    def _likeness(self, edit: HandEdit, place: Range) -> int:
        before, after = around(self._text, *place)
        ahead = _common(_bare(edit.after), _bare(after))
        return ahead + _common(_bare(edit.before)[::-1], _bare(before)[::-1])

    def _squeeze(self) -> None:
        if not self._places:
            self._places = [at for at, character in enumerate(self._text) if not character.isspace()]
            self._bare = "".join(self._text[at] for at in self._places)


def _bare(text: str) -> str:
    return "".join(text.split())


def _common(one: str, other: str) -> int:
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _carved(text: str, pieces: Sequence[Piece], edit: HandEdit, place: Range) -> Iterator[Piece]:
    start, end = place
    exact = next((p for p in pieces if (p.start, p.end) == place), None)
    reached = [p for p in pieces if p.start < end and p.end > start]
    model = exact or next(iter(reached), None)
    if edit.kind == "edit":
        made = model or Piece(start, end, edit.page, edit.heading)
        yield replace(made, start=start, end=end, text=edit.text, edit=edit.id)
    for piece in pieces:
        if piece is exact:
            continue
        if exact is not None or piece.edit is not None or piece not in reached:
            yield piece
            continue
        for first, last in ((piece.start, start), (end, piece.end)):
            part = text[first:last]
            if first < last and part.strip():
                first += len(part) - len(part.lstrip())
                yield replace(piece, start=first, end=first + len(part.strip()))


def _addition(edit: HandEdit, place: Range, pieces: Sequence[Piece]) -> Piece:
    above = max((p for p in pieces if p.start < place[0]), key=lambda p: (p.start, p.end), default=None)
    page = edit.page or (above.page if above else None)
    heading = edit.heading or (above.heading if above else "")
    return Piece(*place, page, heading, text=edit.text, edit=edit.id)
