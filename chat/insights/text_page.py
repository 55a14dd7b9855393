"""The text of a material as it is read: one part of it, with quoted words marked."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from ingestion.opening import quoted_at
from ingestion.reading import Mark, render, segments

PART_CHARS = 50_000


@dataclass(frozen=True, slots=True)
class TextPart:
    """Part ``number`` (from 1) of ``count``. ``is_quoted``: the words that the address names are in it."""

    html: SafeString
    number: int
    count: int
    is_quoted: bool = False


def part_of(text: str, *, at: str = "", number: int = 1) -> TextPart:
    """The part with the words ``at`` (``ingestion.opening.quoted_at``) marked, else part ``number``."""
    parts = segments(text, [], [], PART_CHARS)
    quoted = _quoted(text, at)
    if quoted:
        number = next(n for n, part in enumerate(parts, 1) if quoted[0] < part.end)
    number = max(1, min(number, len(parts)))
    part = parts[number - 1]
    marks = [Mark(*quoted, "quoted", "word"), Mark(*quoted, "quoted", "found")] if quoted else []
    return TextPart(render(text, part.start, part.end, marks=marks), number, len(parts), quoted is not None)


def _quoted(text: str, at: str) -> tuple[int, int] | None:
    start, _dash, rest = at.partition("-")
    end = rest.partition("-")[0]
    if not (start.isdecimal() and end.isdecimal() and len(at) < 40):
        return None
    first, last = int(start), int(end)
    return (first, last) if quoted_at(first, last, text[first:last]) == at else None
