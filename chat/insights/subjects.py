"""What an insight is about, as passages in the order of its text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from django.urls import reverse
from django.utils.translation import gettext as _

from chat.insights.errors import NothingToRead
from chat.insights.models import Insight, Material
from ingestion import selectors
from ingestion.extract.language import detect
from ingestion.finding import FoundPassage, passage_url
from ingestion.models import Chunk, Collection, Document
from ingestion.splitting import SplitSettings, split

# Materials are in no index, so that they are cut by an estimate of the tokens.
_CUT = SplitSettings(tokens=220, overlap=0)
_END = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Subject:
    """``passages`` are in the order of ``text``; ``pages`` are its pages' numbers with their offsets. ``llm``
    is the model that its collection has chosen."""

    title: str
    language: str
    text: str
    passages: tuple[FoundPassage, ...]
    pages: tuple[tuple[int | None, int], ...] = ()
    document: Document | None = None
    llm: str = ""

    @property
    def digest(self) -> str:
        return digest_of(self.text)

    @property
    def collections(self) -> list[Collection]:
        return [self.document.collection] if self.document else []


def digest_of(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def subject_of(insight: Insight) -> Subject:
    """Raises ``NothingToRead``. The text of a page has been fetched before."""
    if insight.material is not None:
        return of_material(insight.material)
    assert insight.document is not None
    return of_document(insight.document)


def of_document(document: Document) -> Subject:
    content = selectors.document_text(document)
    chunks = selectors.chunks_between(document, 0, _END) if content else []
    if content is None or not chunks:
        raise NothingToRead(_("This document has no text to work with yet."))
    return Subject(
        document.shown_title,
        document.language or detect(content.text),
        content.text,
        tuple(passages_of(document, chunks)),
        tuple((page[0], page[1]) for page in content.pages),
        document,
        document.collection.llm,
    )


def passages_of(document: Document, chunks: Sequence[Chunk]) -> list[FoundPassage]:
    """Each chunk as a search would give it, without a rank."""
    names = selectors.page_names(chunks)
    return [
        FoundPassage(
            chunk_id=chunk.id,
            document_id=str(document.pk),
            document=document.shown_title,
            text=chunk.text,
            score=0.0,
            page=chunk.page,
            heading=chunk.heading,
            start=chunk.start,
            end=chunk.end,
            highlights=[],
            url=passage_url(document.pk, chunk.id),
            collection=document.collection.name,
            collection_slug=document.collection.slug,
            index_id=chunk.generation_id.hex,
            lexical=None,
            dense=None,
            updated=document.updated_at,
            table=chunk.table,
            is_edited=chunk.edit_id is not None,
            page_name=names.get(chunk.id, ""),
        )
        for chunk in chunks
    ]


def of_material(material: Material) -> Subject:
    text = material.text
    if not text.strip():
        raise NothingToRead(_("There is no text to work with."))
    title = str(material)
    address = f"{reverse('material', args=[material.pk])}?show=text#quoted"
    passages = tuple(
        _of_material(title, address, n, text[piece.start : piece.end], piece.start, piece.heading, material)
        for n, piece in enumerate(split(text, [], _CUT))
    )
    return Subject(title, material.language or detect(text), text, passages)


def _of_material(
    title: str, address: str, n: int, text: str, start: int, heading: str, material: Material
) -> FoundPassage:
    updated: datetime = material.fetched_at or material.created_at
    return FoundPassage(
        chunk_id=f"p{n}",
        document_id="",
        document=title,
        text=text,
        score=0.0,
        page=None,
        heading=heading,
        start=start,
        end=start + len(text),
        highlights=[],
        url=address,
        collection="",
        collection_slug="",
        index_id="",
        lexical=None,
        dense=None,
        updated=updated,
    )
