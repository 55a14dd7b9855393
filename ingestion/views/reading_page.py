"""What the document page shows of a text: one part of it, page by page, with its passages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from ingestion import selectors
from ingestion.extract.kinds import AS_WRITTEN
from ingestion.models import Document, DocumentText
from ingestion.opening import Opened
from ingestion.page_labels import place_name
from ingestion.passage_selectors import disabled_edits
from ingestion.reading import Mark, Segment, render, segments

PART_CHARS = 50_000
CONTEXT_CHARS = 1500


@dataclass(frozen=True, slots=True)
class PageOfText:
    """``number`` is ``None`` for formats without pages; ``label`` is a sheet's or slide's name. ``place``
    counts the pages from 1 and is 0 where a page only goes on from the part before."""

    number: int | None
    label: str
    ocr: bool
    html: SafeString
    place: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Part ``number`` (from 1) of ``count``; ``parts`` are all of them, for the navigation."""

    number: int
    count: int
    parts: list[Segment]
    pages: list[PageOfText]


def part_at(
    document: Document,
    content: DocumentText,
    *,
    offset: int,
    opened: Opened | None,
    found: Sequence[tuple[int, int]] = (),
) -> Part:
    """The part that holds the character at ``offset``, with ``opened`` and its quoted words marked, all
    passages outlined, and the ranges ``found`` numbered from 1."""
    starts = [page[1] for page in content.pages]
    numbers = [page[0] for page in content.pages]
    parts = segments(content.text, starts, numbers, PART_CHARS)
    index = next((i for i, part in enumerate(parts) if part.start <= offset < part.end), 0)
    part = parts[index]
    chunks = selectors.chunks_over(document, part.start, part.end)
    marks = [
        Mark(chunk.start, chunk.end, chunk.id, "anchor") for chunk in chunks if chunk.start >= part.start
    ]
    marks += [Mark(chunk.start, chunk.end, chunk.id, "outline", chunk.ordinal + 1) for chunk in chunks]
    marks += [Mark(chunk.start, chunk.end, chunk.id, "edited") for chunk in chunks if chunk.edit_id]
    for edit in disabled_edits(document):
        marks.append(Mark(edit.start, edit.end, str(edit.pk), "disabled"))
        if edit.start >= part.start:
            marks.append(Mark(edit.start, edit.end, str(edit.pk), "anchor"))
    marks += [Mark(*place, str(at), "found") for at, place in enumerate(found, 1)]
    if opened:
        marks.append(Mark(opened.start, opened.end, opened.id, "passage"))
        if opened.id:
            marks.append(Mark(opened.start, opened.end, opened.id, "anchor"))
        marks += _words(opened)
    return Part(index + 1, len(parts), parts, list(_pages(document, content, part, _once(marks))))


def start_of_part(content: DocumentText, number: int) -> int:
    """Where part ``number`` (from 1) begins; the nearest one for a number out of range."""
    parts = segments(content.text, [p[1] for p in content.pages], [p[0] for p in content.pages], PART_CHARS)
    return parts[max(1, min(number, len(parts))) - 1].start


def start_of_page(content: DocumentText, number: int) -> int:
    """Where page ``number`` begins; 0 when there is no such page."""
    return next((int(start) for page, start, *_rest in content.pages if page == number), 0)


def around(document: Document, content: DocumentText, opened: Opened) -> SafeString:
    """The passage with some text before and after it, cut at line ends; its quoted words are marked too."""
    text = content.text
    start = max(0, opened.start - CONTEXT_CHARS)
    end = min(len(text), opened.end + CONTEXT_CHARS)
    start = 0 if start == 0 else text.find("\n", start, opened.start) + 1 or start
    line_end = text.rfind("\n", opened.end, end)
    end = line_end if line_end >= 0 and end < len(text) else end
    marks = [Mark(opened.start, opened.end, opened.id, "passage"), *_words(opened)]
    return render(text, start, end, marks=marks, markdown=document.mime not in AS_WRITTEN)


def _pages(
    document: Document, content: DocumentText, part: Segment, marks: Sequence[Mark]
) -> Iterator[PageOfText]:
    pages = content.pages or [[None, 0, "", False]]
    ends = [page[1] for page in pages[1:]] + [len(content.text)]
    markdown = document.mime not in AS_WRITTEN
    for place, ((number, begin, label, ocr), end) in enumerate(zip(pages, ends, strict=True), 1):
        start, stop = max(begin, part.start), min(end, part.end)
        if start < stop:
            html = render(content.text, start, stop, marks=marks, markdown=markdown)
            is_beginning = begin >= part.start
            name = place_name(document.mime, number, label)
            yield PageOfText(number, label, ocr, html, place if is_beginning else 0, name)


def _words(opened: Opened) -> list[Mark]:
    """What of the quoted words lies inside the passage."""
    start, end = opened.quoted or (0, 0)
    first, last = max(start, opened.start), min(end, opened.end)
    return [Mark(first, last, opened.id, "word")] if first < last else []


def _once(marks: Sequence[Mark]) -> list[Mark]:
    """Without doubled anchors: the opened passage may be of an index that is being replaced."""
    return list(dict.fromkeys(marks))
