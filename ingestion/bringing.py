"""Taking in many small files at once, in a few statements for all that are plainly new."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from accounts.models import User
from ingestion import fairness, history, rereading
from ingestion.errors import IngestionError
from ingestion.models import Collection, Document, Run
from ingestion.services import Added
from ingestion.storage import Stored


@dataclass(frozen=True, slots=True)
class Brought:
    """Stored bytes under a clean name; ``external_id`` is how their source knows them."""

    stored: Stored
    name: str
    external_id: str = ""


def bring_all(
    *, collection: Collection, brought: Sequence[Brought], by: User | None, run: Run
) -> list[Added | IngestionError]:
    """``rereading.bring_stored`` for each, in this order, or why it was refused. Wakes no worker."""
    made = _create(collection, _new(collection, brought), by, run)
    return [made.get(place) or _alone(collection, each, by, run) for place, each in enumerate(brought)]


def _new(collection: Collection, brought: Sequence[Brought]) -> dict[int, Brought]:
    """Those of which the collection has neither the bytes nor the name, by their place; of equal ones among
    them, the first."""
    documents = Document.objects.filter(collection=collection).order_by()
    bytes_known = set(
        documents.filter(sha256__in=[each.stored.sha256 for each in brought]).values_list("sha256", flat=True)
    )
    names_known = set(
        documents.filter(name__in=[each.name for each in brought]).values_list("name", flat=True)
    )
    new: dict[int, Brought] = {}
    for place, each in enumerate(brought):
        if each.stored.sha256 not in bytes_known and each.name not in names_known:
            new[place] = each
        bytes_known.add(each.stored.sha256)
        names_known.add(each.name)
    return new


def _create(collection: Collection, new: dict[int, Brought], by: User | None, run: Run) -> dict[int, Added]:
    """None where somebody else brings one of them at this moment."""
    if not new:
        return {}
    costs = [fairness.reading_cost(each.stored.size) for each in new.values()]
    try:
        with transaction.atomic():
            turns = fairness.reading_turns(run.pk, costs)
            documents = [
                Document(
                    collection=collection,
                    run=run,
                    name=each.name,
                    external_id=each.external_id,
                    size=each.stored.size,
                    sha256=each.stored.sha256,
                    created_by=by,
                    turn=turn,
                )
                for each, turn in zip(new.values(), turns, strict=True)
            ]
            Document.objects.bulk_create(documents)
            history.record([document.pk for document in documents], history.Kind.ADDED, by=by)
    except IntegrityError:
        return {}
    return {place: Added(made, is_duplicate=False) for place, made in zip(new, documents, strict=True)}


def _alone(collection: Collection, each: Brought, by: User | None, run: Run) -> Added | IngestionError:
    try:
        return rereading.bring_stored(
            collection=collection,
            stored=each.stored,
            name=each.name,
            by=by,
            run=run,
            external_id=each.external_id,
        )
    except IngestionError as refused:
        return refused
