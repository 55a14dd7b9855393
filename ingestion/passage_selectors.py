"""Reads: the passages of a document as editors see them, with what is by hand among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from ingestion.models import Chunk, Document, Generation, PassageEdit, Run

Kind, State = PassageEdit.Kind, PassageEdit.State
_LISTED = 200


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage of the index that is searched, or in its place one that is switched off (then without a
    ``chunk``)."""

    start: int
    text: str
    page: int | None
    heading: str
    table: str
    chunk: Chunk | None
    edit: PassageEdit | None

    @property
    def id(self) -> str:
        return self.chunk.id if self.chunk else str(self.edit.pk) if self.edit else ""


def passage_rows(document: Document, start: int = 0, end: int | None = None) -> list[PassageRow]:
    """Those that begin in the document's text from ``start`` to ``end``, in order."""
    chunks = Chunk.objects.filter(
        document=document, generation__state=Generation.State.ACTIVE, start__gte=start
    ).select_related("edit__by")
    disabled = disabled_edits(document).filter(start__gte=start).select_related("by")
    if end is not None:
        chunks, disabled = chunks.filter(start__lte=end), disabled.filter(start__lte=end)
    rows = [
        PassageRow(each.start, each.text, each.page, each.heading, each.table, each, each.edit)
        for each in chunks.order_by("start", "ordinal")
    ]
    rows += [
        PassageRow(each.start, each.original, each.page, each.heading, "", None, each) for each in disabled
    ]
    return sorted(rows, key=lambda row: row.start)


def disabled_edits(document: Document) -> QuerySet[PassageEdit]:
    """What is switched off now, in order."""
    return document.passage_edits.filter(kind=Kind.DISABLE, state=State.APPLIED).order_by("start")


def unplaced(document: Document) -> list[PassageEdit]:
    """Edits whose place is no longer in the text, oldest first."""
    return list(document.passage_edits.filter(state=State.UNPLACED).select_related("by"))


def passage_history(document: Document) -> list[PassageEdit]:
    """Every change by hand, the newest first."""
    edits = document.passage_edits.select_related("by", "ended_by").order_by("-at", "-pk")
    return list(edits[:_LISTED])


def unplaced_by_run(runs: Sequence[Run]) -> dict[UUID, list[Document]]:
    """For each run, its documents with edits that have no place in their new text."""
    lost = PassageEdit.objects.filter(state=State.UNPLACED, document=OuterRef("pk"))
    found: dict[UUID, list[Document]] = {}
    for document in Document.objects.filter(Exists(lost), run__in=runs).order_by("name")[:_LISTED]:
        if document.run_id is not None:
            found.setdefault(document.run_id, []).append(document)
    return found
