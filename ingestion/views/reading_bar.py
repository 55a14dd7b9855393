"""The bar above a document's text: places to jump to, and words found in the text."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from ingestion.models import Document, DocumentText
from ingestion.page_labels import place_name
from ingestion.text_finding import MOST, Range, first_from, occurrences

# More places than these are asked for by number.
LISTED = 400


@dataclass(frozen=True, slots=True)
class Places:
    """The pages, slides, sheets or attachments of a text. ``current`` counts from 1."""

    names: list[str]
    current: int

    @property
    def count(self) -> int:
        return len(self.names)

    @property
    def are_listed(self) -> bool:
        return self.count <= LISTED

    @property
    def choices(self) -> list[tuple[int, str]]:
        return list(enumerate(self.names, 1))

    @property
    def name(self) -> str:
        return self.names[self.current - 1]


@dataclass(frozen=True, slots=True)
class Search:
    """Words found in the text; ``number`` is the one that is shown, from 1, or 0 where none is found."""

    words: str
    found: list[Range] = field(default_factory=list)
    number: int = 0

    @property
    def is_cut(self) -> bool:
        return len(self.found) == MOST

    @property
    def offset(self) -> int:
        return self.found[self.number - 1][0] if self.number else 0

    def _address(self, number: int) -> str:
        wrapped = (number - 1) % len(self.found) + 1
        return f"?{urlencode({'find': self.words, 'hit': wrapped})}#found-{wrapped}"

    @property
    def before(self) -> str:
        return self._address(self.number - 1)

    @property
    def after(self) -> str:
        return self._address(self.number + 1)


def places(document: Document, content: DocumentText, offset: int) -> Places | None:
    """``None`` for a text of one page, or without any."""
    if len(content.pages) < 2:
        return None
    names = [
        place_name(document.mime, number, label) or str(at)
        for at, (number, _start, label, _ocr) in enumerate(content.pages, 1)
    ]
    return Places(names, place_of(content.pages, offset))


def place_of(pages: Sequence[Sequence[object]], offset: int) -> int:
    """The place (from 1) that holds the character at ``offset``."""
    return max(1, bisect_right([int(str(page[1])) for page in pages], offset))


def start_of_place(content: DocumentText, place: int) -> int:
    """Where place ``place`` (from 1) begins; the nearest one for a number out of range."""
    pages = content.pages or [[None, 0, "", False]]
    return int(pages[max(1, min(place, len(pages))) - 1][1])


def search_in(content: DocumentText, words: str, number: int, offset: int) -> Search | None:
    """``words`` in the text; occurrence ``number``, or with 0 the first from ``offset`` on."""
    words = " ".join(words.replace("\0", " ").split())
    if not words:
        return None
    found = occurrences(content.text, words)
    if not found:
        return Search(words)
    return Search(words, found, min(number, len(found)) if number else first_from(found, offset))
