"""The document view: shows a part of an extracted text as HTML that knows where each character is from.

Light Markdown is rendered so that every visible piece of text is a range of the source, which is what
lets a passage be marked exactly, across paragraphs, lists and tables. All of it is escaped.
"""

import itertools
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

from ingestion.reading_blocks import render_blocks
from ingestion.reading_marks import Mark, Writer

__all__ = ["Mark", "Segment", "render", "segments"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a long document that is shown at once; pages are ``None`` where there are none."""

    start: int
    end: int
    first_page: int | None
    last_page: int | None


def render(
    text: str, start: int, end: int, *, marks: Sequence[Mark] = (), markdown: bool = True
) -> SafeString:
    """HTML of ``text[start:end]``.

    Marks may be in any order and overlap. Kind "passage" and "word" wrap the text they cover in
    ``<mark class="passage">`` and ``<mark class="word">``, in as many parts as the structure needs, each
    with ``data-id``; so does "found", whose first part has the id ``found-ID``. Kind "outline" wraps it in
    ``<span class="chunk">``, every other one ``odd``, its number in ``data-number`` of the first part; where
    passages overlap, the later one has the text. Kind "anchor" puts ``<a id="p=ID" class="anchor"></a>``
    before the first visible text at or after its start. Without ``markdown`` only paragraphs and line
    breaks are made.
    Takes time linear in the text and the marks.
    """
    start, end = max(0, start), min(len(text), end)
    writer = Writer(text, start, end, marks)
    render_blocks(text, start, end, writer, markdown=markdown)
    return mark_safe(writer.finish())


def segments(
    text: str, starts: Sequence[int], numbers: Sequence[int | None], target: int = 20_000
) -> list[Segment]:
    """Cuts a document into parts of about ``target`` characters, at page borders where it has pages,
    within longer pages and texts without any at empty lines, else at line ends. At least one part."""
    borders = [at for at in starts if 0 < at < len(text)]
    cuts = [0]
    while len(text) - cuts[-1] > 1.5 * target:
        cuts.append(_cut(text, borders, cuts[-1], target))
    cuts.append(len(text))
    return [
        Segment(start, end, _number(starts, numbers, start), _number(starts, numbers, max(start, end - 1)))
        for start, end in itertools.pairwise(cuts)
    ]


def _cut(text: str, borders: Sequence[int], start: int, target: int) -> int:
    """The best border between half and one and a half times ``target`` on, or exactly ``target``."""
    low, high = start + target // 2, start + target + target // 2
    nearest = bisect_right(borders, start + target)
    pages = [border for border in borders[max(0, nearest - 1) : nearest + 1] if low <= border <= high]
    if pages:
        return min(pages, key=lambda border: abs(border - start - target))
    for gap in ("\n\n", "\n", " "):
        found = text.rfind(gap, low, start + target)
        if found >= 0:
            return found + len(gap)
    return start + target


def _number(starts: Sequence[int], numbers: Sequence[int | None], at: int) -> int | None:
    page = bisect_right(starts, at) - 1
    return numbers[page] if page >= 0 else None
