"""Opens the passage that an address names, also when its index was built anew since.

``?p=`` is a chunk's id and ``?at=`` the place of words quoted from it: start, end and a digest of the words,
joined by hyphens. Both are checked against the text, so that nothing else is ever marked in their place.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from ingestion import selectors
from ingestion.chunk_ids import chunk_id, named_range
from ingestion.models import Chunk, Document, DocumentText, Generation

_AT = re.compile(r"(\d{1,9})-(\d{1,9})-([0-9a-f]{8})", re.ASCII)
Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Opened:
    """A passage, and in ``quoted`` the words in it that the address names. ``is_changed``: it names words
    that are no longer there. All ranges are offsets in the document's text."""

    id: str
    start: int
    end: int
    page: int | None
    heading: str
    quoted: Range | None = None
    is_changed: bool = False


def quoted_at(start: int, end: int, quote: str) -> str:
    """The value of ``?at=`` for the words ``quote``; "" where they have no place."""
    return f"{start}-{end}-{_digest(quote)}" if start < end else ""


def quoted_url(url: str, at: str) -> str:
    """The address of a passage (``finding.passage_url``) with quoted words marked."""
    address, _hash, anchor = url.partition("#")
    return f"{address}&at={at}#{anchor}" if at else url


def open_passage(document: Document, content: DocumentText, name: str, at: str = "") -> Opened | None:
    """The passage with the id ``name``, or the one around the words ``at`` where they stand in another or
    ``name`` is unknown; ``None`` where neither is in the text any more."""
    quoted = _quoted(content.text, at)
    chunk = selectors.chunk(document, name)
    chunk = chunk or _by_hand(document, name)
    named = (chunk.start, chunk.end) if chunk else _named(document, content, name)
    if named and quoted and not _overlap(named, quoted):
        named = chunk = None
    place = named or quoted
    if place is None:
        return None
    is_by_hand = chunk is not None and chunk.edit_id is not None
    chunk = chunk or _nearest(selectors.chunks_over(document, *place), place)
    if named is None:
        name, place = (chunk.id, (chunk.start, chunk.end)) if chunk else ("", place)
    return Opened(
        name,
        *place,
        page=chunk.page if chunk else None,
        heading=chunk.heading if chunk else "",
        quoted=quoted,
        is_changed=not is_by_hand and quoted is None and _AT.fullmatch(at) is not None,
    )


def _by_hand(document: Document, name: str) -> Chunk | None:
    """The passage by hand that had the id ``name`` in an index that is gone."""
    found = Chunk.objects.filter(
        document=document, edit__isnull=False, generation__state=Generation.State.ACTIVE
    )
    generations = selectors.generation_ids(document.collection)
    for chunk in found if len(name) == 32 else ():
        ids = (
            chunk_id(generation, owner, chunk.start, chunk.text)
            for generation in generations
            for owner in document.every_id
        )
        if name in ids:
            return chunk
    return None


def _named(document: Document, content: DocumentText, name: str) -> Range | None:
    generations = selectors.generation_ids(document.collection)
    places = (named_range(name, owner, content.text, generations) for owner in document.every_id)
    return next((place for place in places if place), None)


def _quoted(text: str, at: str) -> Range | None:
    found = _AT.fullmatch(at)
    if found is None:
        return None
    start, end = int(found[1]), int(found[2])
    return (start, end) if start < end and _digest(text[start:end]) == found[3] else None


def _digest(quote: str) -> str:
    """Of the words alone: passages that were joined may have other white space between them."""
    words = "".join(quote.split())
    return blake2b(words.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def _overlap(one: Range, other: Range) -> int:
    """How many characters they share."""
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def _nearest(chunks: Sequence[Chunk], place: Range) -> Chunk | None:
    """The chunk that holds most of ``place``; of equals the first."""
    return max(chunks, key=lambda chunk: _overlap((chunk.start, chunk.end), place), default=None)
