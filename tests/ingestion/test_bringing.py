import io

import pytest

from accounts.models import User
from ingestion import services, storage
from ingestion.bringing import Brought, bring_all
from ingestion.models import Collection, Document, DocumentEvent, Run
from tests.ingestion.material import ready

pytestmark = pytest.mark.django_db


def brought(text: str, name: str) -> Brought:
    return Brought(storage.store(io.BytesIO(text.encode())), name, external_id=name)


def test_new_ones_are_made_and_the_others_are_what_they_would_be_alone(
    collection: Collection, owner: User
) -> None:
    known = ready(collection, "Known text.", "known.txt")
    run = services.start_run(collection=collection, kind=Run.Kind.COMMAND, by=owner)
    added = bring_all(
        collection=collection,
        brought=[
            brought("One.", "one"),
            brought("Known text.", "other name"),
            brought("Two.", "two"),
            brought("One.", "one again"),
        ],
        by=owner,
        run=run,
    )
    assert [(item.document.name, item.is_duplicate) for item in added if not isinstance(item, Exception)] == [
        ("one", False),
        ("known.txt", True),
        ("two", False),
        ("one", True),
    ]
    made = Document.objects.exclude(pk=known.pk).order_by("turn")
    assert [(document.name, document.external_id, document.status) for document in made] == [
        ("one", "one", "queued"),
        ("two", "two", "queued"),
    ]
    assert made[0].turn < made[1].turn
    assert DocumentEvent.objects.filter(document__in=made, kind="added", by=owner, run=run).count() == 2


def test_a_name_that_is_known_gets_the_new_text(collection: Collection, owner: User) -> None:
    first = services.start_run(collection=collection, kind=Run.Kind.COMMAND, by=owner)
    bring_all(collection=collection, brought=[brought("Old.", "one")], by=owner, run=first)
    again = services.start_run(collection=collection, kind=Run.Kind.COMMAND, by=owner)
    (added,) = bring_all(collection=collection, brought=[brought("New.", "one")], by=owner, run=again)
    assert not isinstance(added, Exception)
    assert added.is_update
    assert Document.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_collection_that_is_gone_refuses_each(collection: Collection, owner: User) -> None:
    run = services.start_run(collection=collection, kind=Run.Kind.COMMAND, by=owner)
    Collection.objects.filter(pk=collection.pk).delete()
    results = bring_all(
        collection=collection, brought=[brought("One.", "one"), brought("Two.", "two")], by=owner, run=run
    )
    assert [getattr(result, "code", "") for result in results] == ["collection_gone"] * 2
