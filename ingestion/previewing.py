"""How a document would be cut with settings that are not saved: nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ingestion.extract.kinds import AS_WRITTEN
from ingestion.models import Chunk, Collection, Document, DocumentText, Generation
from ingestion.splitting import Piece, SplitSettings, split
from ingestion.token_counts import counter_for

# More than this is not cut while somebody waits; what it would give is said of the beginning alone.
MOST_CHARS = 200_000
SHOWN = 8
_OFFERED = 50


@dataclass(frozen=True, slots=True)
class PreviewedPassage:
    """``shared`` is how its text begins where that is the end of the passage before, ``own`` the rest."""

    number: int
    tokens: int
    page: int | None
    heading: str
    table: str
    shared: str
    own: str


@dataclass(frozen=True, slots=True)
class Preview:
    """``count`` passages of ``smallest`` to ``largest`` tokens, ``today`` as many as the index holds of the
    same text; the first of them. ``is_part``: of the beginning of a long document only."""

    document: Document
    count: int
    today: int
    smallest: int
    middle: int
    largest: int
    passages: list[PreviewedPassage]
    is_part: bool

    @property
    def left(self) -> int:
        return self.count - len(self.passages)


def preview(document: Document, content: DocumentText, settings: SplitSettings) -> Preview:
    """Takes time bounded by ``MOST_CHARS``."""
    text = _beginning(content.text)
    starts = [(page[0], page[1]) for page in content.pages if page[1] < len(text)]
    pieces = split(text, starts, settings, markdown=document.mime not in AS_WRITTEN)
    sizes = counter_for(settings.tokenizer).counts([text[piece.start : piece.end] for piece in pieces])
    return Preview(
        document=document,
        count=len(pieces),
        today=Chunk.objects.filter(
            document=document, generation__state=Generation.State.ACTIVE, start__lt=len(text)
        ).count(),
        smallest=min(sizes, default=0),
        middle=round(median(sizes)) if sizes else 0,
        largest=max(sizes, default=0),
        passages=list(_shown(text, pieces[:SHOWN], sizes)),
        is_part=len(text) < len(content.text),
    )


def offered(collection: Collection, text: str = "") -> list[Document]:
    """Documents that can be tried, the newest first; those whose name or title holds ``text``."""
    found = Document.objects.filter(
        collection=collection, status=Document.Status.READY, replaces__isnull=True
    ).order_by("-created_at", "name")
    named = found.filter(name__icontains=text) | found.filter(title__icontains=text) if text else found
    return list(named[:_OFFERED])


def chosen(collection: Collection, text: str) -> Document | None:
    """The document with this name or title, else one that holds it; the newest for no text."""
    found = offered(collection, text.strip())
    exact = [each for each in found if text.strip() in {each.name, each.title}]
    return next(iter([*exact, *found]), None)


def _beginning(text: str) -> str:
    if len(text) <= MOST_CHARS:
        return text
    end = text.rfind("\n", MOST_CHARS // 2, MOST_CHARS)
    return text[: end + 1 if end >= 0 else MOST_CHARS]


def _shown(text: str, pieces: Sequence[Piece], sizes: Sequence[int]) -> list[PreviewedPassage]:
    passages, until = [], 0
    for number, (piece, size) in enumerate(zip(pieces, sizes, strict=False), 1):
        border = min(max(piece.start, until), piece.end)
        shared, own = text[piece.start : border], text[border : piece.end]
        passages.append(PreviewedPassage(number, size, piece.page, piece.heading, piece.table, shared, own))
        until = piece.end
    return passages
