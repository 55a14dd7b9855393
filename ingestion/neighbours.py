"""Passages widened by their neighbours in the document where that completes a thought.

A passage is a range of its document's text, cut by size. Where the cut went through a sentence or a list,
or between a line and what it leads to, the next or the previous passage of the same section is joined on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import regex
from django.db.models import F

from ingestion.finding import FoundPassage, passage_url
from ingestion.models import Chunk, Document, Generation

# A passage with less than this says little by itself. Chinese characters count three times.
SHORT_CHARS = 160
LONGEST_CHARS = 6000
# Between two passages lies white space only; more than this is a gap of another kind.
_WIDEST_GAP = 20

_ENDS = regex.compile(r"[.!?。！？；…][\"'”’»)\]）】」』*_`]*\s*\Z")
_LEADS_ON = regex.compile(r"[:：,，、][*_\s]*\Z|(?:^|\n)#{1,6}\s[^\n]*\Z")
_ITEM = regex.compile(r"\s*(?:[-*+•]\s|\d{1,2}[.)、]\s?|[（(]\d{1,2}[)）]|[a-z][.)]\s|\|)")
_LAST_LINE = regex.compile(r"[^\n]*\s*\Z")
_HEADING = regex.compile(r"\s*#{1,6}\s")
_HAN = regex.compile(r"\p{Han}")
_POINTS_BACK = regex.compile(
    r"\s*(?:(?:it|its|they|their|them|he|his|she|her|this|that|these|those|such|however|but|and|or|also|then|"
    r"therefore|thus|hence|otherwise|instead|moreover|furthermore|in addition|as a result|for example|"
    r"for instance|in this case|the (?:former|latter))\b"
    r"|[它他她]|这|那(?:么|些|样|个|时)|该|其(?!他|它|实|余)|此|但|而且|因此|所以|不过|然而|否则|另外|此外|同时|"
    r"例如|比如|其中|上述|前者|后者|并且|于是|也)",
    regex.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A range of a widened passage's document with what a citation of it names."""

    start: int
    end: int
    chunk_id: str
    page: int | None
    heading: str


@dataclass(frozen=True, slots=True)
class WidePassage(FoundPassage):
    """A passage of several neighbours. ``parts`` are in the order of the text and cover it; everything
    else is that of the best ranked hit in it."""

    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    document_id: str
    index_id: str
    ordinal: int
    start: int
    end: int
    page: int | None
    heading: str
    text: str


def widen(passages: Sequence[FoundPassage]) -> list[FoundPassage]:
    """``passages`` in their order, each joined with what completes it; one query.

    No passage is joined on twice, and a hit that was joined to a better ranked one is not repeated. ``text``
    stays the document's text from ``start`` to ``end``, except that white space between two parts may differ.
    """
    rows = {(row.document_id, row.index_id, row.ordinal): row for row in _around(passages)}
    by_id = {row.id: row for row in rows.values()}
    hits = {passage.chunk_id for passage in passages}
    done: set[str] = set()
    widened: list[FoundPassage] = []
    for passage in passages:
        row = by_id.get(passage.chunk_id)
        if passage.chunk_id in done:
            continue
        run = [item for item in _run(row, rows, hits) if item.id not in done] if row else []
        done |= {item.id for item in run} | {passage.chunk_id}
        widened.append(_joined(passage, run) if len(run) > 1 else passage)
    return widened


def part_at(passage: FoundPassage, offset: int) -> FoundPassage:
    """``passage`` with the page, heading and address of the part that holds ``offset`` of its document."""
    parts = passage.parts if isinstance(passage, WidePassage) else ()
    for part in parts:
        if offset < part.end:
            return replace(
                passage,
                chunk_id=part.chunk_id,
                page=part.page,
                heading=part.heading,
                url=passage_url(passage.document_id, part.chunk_id),
            )
    return passage


def quoted_range(passage: FoundPassage, start: int, end: int) -> tuple[int, int]:
    """Where ``passage.text[start:end]`` stands in the document; of a passage by hand the range that it
    belongs to."""
    if passage.is_edited:
        return passage.start, passage.end
    return passage.start + start, passage.start + end


def _around(passages: Sequence[FoundPassage]) -> list[_Row]:
    """The hits and their direct neighbours, of ready documents only. Passages by hand are no part of their
    document's text, so that they stay alone."""
    if not passages:
        return []
    found = (
        Chunk.objects.filter(
            document__chunks__id__in=[passage.chunk_id for passage in passages],
            document__chunks__generation=F("generation"),
            ordinal__gte=F("document__chunks__ordinal") - 1,
            ordinal__lte=F("document__chunks__ordinal") + 1,
        )
        .filter(document__status=Document.Status.READY, generation__state=Generation.State.ACTIVE)
        .filter(edit__isnull=True)
        .order_by()
        .values_list(
            "id", "document_id", "generation_id", "ordinal", "start", "end", "page", "heading", "text"
        )
    )
    return [_Row(row[0], str(row[1]), row[2].hex, *row[3:]) for row in found]


def _run(row: _Row, rows: dict[tuple[str, str, int], _Row], hits: set[str]) -> list[_Row]:
    """``row`` with the neighbours that complete it, in the order of the text."""
    key = (row.document_id, row.index_id)
    before = rows.get((*key, row.ordinal - 1))
    after = rows.get((*key, row.ordinal + 1))
    run = [row]
    if (
        before is not None
        and _adjoins(before, row)
        and (_wants(before, row) or _overlapping(before, row, hits))
    ):
        run.insert(0, before)
    if (
        after is not None
        and _adjoins(row, after)
        and (_goes_on(row, after) or _overlapping(row, after, hits))
    ):
        run.append(after)
    if run[-1].end - run[0].start > LONGEST_CHARS:
        return [row]
    return run


def _adjoins(first: _Row, second: _Row) -> bool:
    return first.start < second.start <= first.end + _WIDEST_GAP and first.end < second.end


def _overlapping(first: _Row, second: _Row, hits: set[str]) -> bool:
    """Two hits that share text become one source, or it would be read twice."""
    return second.start < first.end and first.id in hits and second.id in hits


def _wants(before: _Row, row: _Row) -> bool:
    """Whether ``row`` needs what stands before it."""
    if _HEADING.match(row.text):
        return False
    if _LEADS_ON.search(before.text) or _splits_sentence(before, row):
        return True
    if row.heading != before.heading:
        return False
    in_list = _ITEM.match(row.text) and (
        _ITEM.match(_last_line(before)) or before.text.rstrip().endswith((":", "："))
    )
    return bool(in_list or _POINTS_BACK.match(row.text) or _is_short(row))


def _goes_on(row: _Row, after: _Row) -> bool:
    """Whether what ``row`` says goes on in ``after``."""
    if _HEADING.match(after.text):
        return bool(_LEADS_ON.search(row.text)) and _HEADING.match(_last_line(row)) is not None
    if _LEADS_ON.search(row.text) or _splits_sentence(row, after):
        return True
    if row.heading != after.heading:
        return False
    in_list = _ITEM.match(_last_line(row)) and _ITEM.match(after.text)
    return bool(in_list or _is_short(row))


def _splits_sentence(first: _Row, second: _Row) -> bool:
    """Whether the cut between them lies within a sentence. Overlapping passages begin at sentences."""
    if second.start < first.end or _ENDS.search(first.text) or _ITEM.match(second.text):
        return False
    begins = second.text.lstrip()[:1]
    return begins.islower() or (not _ITEM.match(_last_line(first)) and _is_prose(first.text))


def _is_prose(text: str) -> bool:
    """Lines without a full stop are titles, cells or list items as often as prose: length tells."""
    return len(_last_line_of(text)) >= 40 or (len(_HAN.findall(_last_line_of(text))) >= 15)


def _last_line(row: _Row) -> str:
    return _last_line_of(row.text)


def _last_line_of(text: str) -> str:
    found = _LAST_LINE.search(text.rstrip())
    return found[0] if found else ""


def _is_short(row: _Row) -> bool:
    return len(row.text) + 2 * len(_HAN.findall(row.text)) < SHORT_CHARS


def _joined(passage: FoundPassage, run: Sequence[_Row]) -> WidePassage:
    text, end = "", run[0].start
    parts: list[Part] = []
    for row in run:
        gap = _gap(text, row, row.start - end) if text else ""
        text += gap + row.text[max(0, end - row.start) :]
        parts.append(Part(end if parts else row.start, row.end, row.id, row.page, row.heading))
        end = row.end
    shift = passage.start - run[0].start
    return WidePassage(
        **{name: getattr(passage, name) for name in FoundPassage.__slots__}
        | {
            "text": text,
            "start": run[0].start,
            "end": end,
            "highlights": [(first + shift, last + shift) for first, last in passage.highlights],
        },
        parts=tuple(parts),
    )


def _gap(before: str, row: _Row, length: int) -> str:
    """The white space that was trimmed away, by its length: a space within a sentence, else line breaks."""
    within = (
        length == 1 and not _ENDS.search(before) and not (_ITEM.match(row.text) or _HEADING.match(row.text))
    )
    return " " if within else "\n" * max(0, length)
