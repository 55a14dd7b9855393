"""Writes escaped text with marks and anchors in their exact places."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

_ORDER = ("outline", "disabled", "edited", "passage", "word", "found")


@dataclass(frozen=True, slots=True)
class Mark:
    """``text[start:end]`` of the whole document; an "anchor" has no extent. ``number`` is shown with an
    "outline"."""

    start: int
    end: int
    id: str
    kind: Literal["passage", "word", "found", "outline", "disabled", "edited", "anchor"] = "passage"
    number: int = 0


class Writer:
    """Collects HTML. ``tag`` takes markup of ours as it is; ``text`` takes ranges of the source, which
    must come in ascending order."""

    def __init__(self, source: str, start: int, end: int, marks: Sequence[Mark]) -> None:
        self._source = source
        self._out: list[str] = []
        self._anchors = sorted(
            (mark for mark in marks if mark.kind == "anchor" and start <= mark.start < max(end, start + 1)),
            key=lambda mark: mark.start,
            reverse=True,
        )
        shown = [
            m for m in marks if m.kind != "anchor" and m.start < m.end and m.end > start and m.start < end
        ]
        self._borders = sorted({at for mark in shown for at in (mark.start, mark.end)})
        self._opening = _opening_marks(shown, self._borders)
        self._next = 0
        self._begun: set[Mark] = set()

    def tag(self, markup: str) -> None:
        self._out.append(markup)

    def anchors(self, end: int) -> None:
        """Writes the anchors that belong before ``end``: where none may stand inside what follows."""
        while self._anchors and self._anchors[-1].start < end:
            self._out.append(f'<a id="p={escape(self._anchors.pop().id)}" class="anchor"></a>')

    def text(self, start: int, end: int) -> None:
        """The source's characters from ``start`` to ``end``."""
        while start < end:
            stop = self._stop(start, end)
            self._piece(start, stop, self._source[start:stop])
            start = stop

    def replaced(self, start: int, end: int, shown: str) -> None:
        """``shown`` in place of a range, such as the character that an entity stands for. Marked where
        the range's beginning is."""
        self._stop(start, end)
        self._piece(start, end, shown)

    def finish(self) -> str:
        self.anchors(len(self._source) + 1)
        return "".join(self._out)

    def _stop(self, start: int, end: int) -> int:
        """Where the piece that begins at ``start`` ends: the next border of a mark, an anchor, or ``end``."""
        while self._next < len(self._borders) and self._borders[self._next] <= start:
            self._next += 1
        stop = end
        if self._next < len(self._borders):
            stop = min(stop, self._borders[self._next])
        waiting = [mark.start for mark in self._anchors[-1:] if start < mark.start < stop]
        return waiting[0] if waiting else stop

    def _piece(self, start: int, end: int, shown: str) -> None:
        self.anchors(start + 1)
        opening = self._opening[self._next - 1] if self._next else ()
        self._out.extend(self._opening_tag(mark) for mark in opening)
        self._out.append(escape(shown))
        self._out.extend("</span>" if mark.kind == "outline" else "</mark>" for mark in reversed(opening))

    def _opening_tag(self, mark: Mark) -> str:
        is_first = mark not in self._begun
        self._begun.add(mark)
        if mark.kind == "outline":
            number = f' data-number="{mark.number}"' if is_first else ""
            return f'<span class="chunk{" odd" if mark.number % 2 else ""}"{number}>'
        name = f' id="found-{escape(mark.id)}"' if mark.kind == "found" and is_first else ""
        return f'<mark class="{mark.kind}" data-id="{escape(mark.id)}"{name}>'


def _opening_marks(marks: Sequence[Mark], borders: Sequence[int]) -> list[tuple[Mark, ...]]:
    """For the range after each border, the marks that open there, from the outside in (``_ORDER``); of
    several of a kind, the one that began last."""
    starting: list[list[Mark]] = [[] for _ in borders]
    ending: list[list[Mark]] = [[] for _ in borders]
    for mark in marks:
        starting[bisect_left(borders, mark.start)].append(mark)
        ending[bisect_left(borders, mark.end)].append(mark)
    active: dict[str, dict[Mark, None]] = {kind: {} for kind in _ORDER}
    opening: list[tuple[Mark, ...]] = []
    for opened, closed in zip(starting, ending, strict=True):
        for mark in closed:
            active[mark.kind].pop(mark, None)
        for mark in opened:
            active[mark.kind][mark] = None
        opening.append(tuple(next(reversed(active[kind])) for kind in _ORDER if active[kind]))
    return opening
