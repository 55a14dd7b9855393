"""Ids of chunks, which say where in its document a chunk stands and can be checked against the text.

An index that is built anew has chunks of its own, and those of the old one are forgotten; links to them
are not. So an id begins with the chunk's place, and the rest proves that the text there is still the same.
"""

from collections.abc import Iterable
from hashlib import blake2b
from uuid import UUID

_LONGEST = 0xFFFFF
_HEX = frozenset("0123456789abcdef")


def chunk_id(generation: UUID, document: UUID, start: int, text: str) -> str:
    """32 hex digits from what the chunk is, so that a repeated step makes the same ids: eight of its start,
    five of its length, both in characters, and 19 of a digest."""
    content = f"{generation}\0{document}\0{start}\0{text}"
    digest = blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{start:08x}{min(len(text), _LONGEST):05x}{digest[:19]}"


def named_range(name: str, document: UUID, text: str, generations: Iterable[UUID]) -> tuple[int, int] | None:
    """Where the chunk with the id ``name`` stands in the document's ``text``; ``None`` where the text there
    is another one now, or no index of ``generations`` ever had such a chunk."""
    if len(name) != 32 or not _HEX.issuperset(name):
        return None
    start = int(name[:8], 16)
    end = start + int(name[8:13], 16)
    if start >= end or end > len(text):
        return None
    made = (chunk_id(generation, document, start, text[start:end]) for generation in generations)
    return (start, end) if name in made else None
