"""Which passages of a document are by hand, for whoever cuts its text anew."""

from collections.abc import Sequence
from uuid import UUID

from ingestion import hand_edits
from ingestion.hand_edits import Applied, HandEdit
from ingestion.models import Document, PassageEdit
from ingestion.splitting import Piece

State = PassageEdit.State
WANTED = (State.APPLIED, State.UNPLACED)


def wishes(document: Document) -> list[HandEdit]:
    """What editors want of the document's passages; a successor has the wishes of its document."""
    found = PassageEdit.objects.filter(document=document.owner_id, state__in=WANTED).order_by("at", "pk")
    return [wish(each) for each in found]


def wish(edit: PassageEdit) -> HandEdit:
    names = ("start", "end", "original", "before", "after", "text", "page", "heading")
    fields = {name: getattr(edit, name) for name in names}
    return HandEdit(edit.pk, edit.kind, **fields)  # type: ignore[arg-type]


def by_hand(text: str, pieces: Sequence[Piece], edits: Sequence[HandEdit]) -> Applied:
    """``hand_edits.apply``, without its work where there are none."""
    return hand_edits.apply(text, pieces, edits) if edits else Applied(list(pieces), {}, [])


def is_current(document: Document, edits: Sequence[HandEdit]) -> bool:
    """Whether nobody wished otherwise meanwhile. Call it in the transaction that writes the passages, after
    the row of the document was written."""
    known = {each.id for each in edits}
    now = PassageEdit.objects.filter(document=document.owner_id, state__in=WANTED)
    return set(now.values_list("pk", flat=True)) == known


def mark(document: Document, text: str, applied: Applied) -> None:
    """Says of each edit where it stands in the document's new text, or that it has no place there."""
    for edit in PassageEdit.objects.filter(document=document.owner_id, state__in=WANTED):
        place = applied.places.get(edit.pk)
        if place is None:
            edit.state = State.UNPLACED
        else:
            edit.state = State.APPLIED
            edit.start, edit.end = place
            floating = edit.kind == PassageEdit.Kind.ADD and not (edit.before or edit.after)
            if not floating:
                edit.original = text[edit.start : edit.end] or edit.original
                edit.before, edit.after = hand_edits.around(text, *place)
        edit.save(update_fields=["state", "start", "end", "original", "before", "after"])


def mark_again(document: Document, text: str) -> None:
    """``mark`` for a text whose passages were made before, with the same wishes."""
    places: dict[UUID, hand_edits.Range] = {}
    for each in wishes(document):
        place = hand_edits.locate(text, each)
        if place is not None:
            places[each.id] = place
    mark(document, text, Applied([], places, []))
