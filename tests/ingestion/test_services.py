import io

import pytest
from django.test import override_settings

from accounts.models import User
from ingestion import indexing, services, storage
from ingestion.errors import BadCollection, RefusedFile
from ingestion.models import Chunk, Collection, Document, Removal
from search import registry
from tests.ingestion.material import ENGLISH, add, ready

pytestmark = pytest.mark.django_db


def test_the_same_bytes_are_stored_once(collection: Collection) -> None:
    first = services.add_file(collection=collection, file=io.BytesIO(b"same"), name="a.txt")
    second = services.add_file(collection=collection, file=io.BytesIO(b"same"), name="b.txt")
    assert not first.is_duplicate
    assert second.is_duplicate
    assert second.document == first.document
    assert Document.objects.count() == 1


def test_the_same_bytes_may_be_in_two_collections(collection: Collection, owner: User) -> None:
    other = services.create_collection(owner=owner, name="Other")
    document = ready(collection, ENGLISH)
    twin = ready(other, ENGLISH)
    services.delete_document(document=document)
    assert storage.path_of(twin.sha256).exists()
    services.delete_document(document=twin)
    assert not storage.path_of(twin.sha256).exists()


def test_uploading_a_failed_file_again_retries_it(collection: Collection) -> None:
    document = add(collection, ENGLISH)
    Document.objects.update(status="failed", error="no luck", attempts=3)
    added = services.add_file(collection=collection, file=io.BytesIO(ENGLISH.encode()), name="again.md")
    assert added.is_duplicate
    document.refresh_from_db()
    assert (document.status, document.error, document.attempts) == ("queued", "", 0)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\报告.docx", "报告.docx"),
        ("a\x00b\u202egnp.exe", "abgnp.exe"),
        ("...", "unnamed"),
        ("", "unnamed"),
    ],
)
def test_names_lose_paths_and_control_characters(given: str, kept: str) -> None:
    assert services.clean_name(given) == kept


def test_a_name_of_300_characters_keeps_its_suffix() -> None:
    name = services.clean_name("长" * 300 + ".pdf")
    assert len(name) <= 255
    assert name.endswith(".pdf")


def test_an_empty_file_is_refused_and_leaves_nothing(collection: Collection) -> None:
    with pytest.raises(RefusedFile, match="empty"):
        services.add_file(collection=collection, file=io.BytesIO(b""), name="empty.txt")
    assert not Document.objects.exists()


@override_settings(MAX_UPLOAD_MB=1)
def test_a_file_over_the_limit_is_refused_and_leaves_nothing(collection: Collection) -> None:
    with pytest.raises(RefusedFile, match="larger than 1 MB") as caught:
        services.add_file(collection=collection, file=io.BytesIO(b"x" * (1024 * 1024 + 1)), name="big.txt")
    assert caught.value.code == "too_large"
    assert not Document.objects.exists()
    assert not list(storage.path_of("00").parent.parent.glob(".incoming-*"))


def test_a_deleted_document_leaves_both_indexes(collection: Collection) -> None:
    kept, gone = ready(collection, ENGLISH), ready(collection, "# Other\n\nSomething else.")
    index_id = kept.chunks.first().generation.index_id
    services.delete_document(document=gone)
    indexing.index_all()
    expected = set(kept.chunks.values_list("id", flat=True))
    assert (
        set(registry.vector_index().ids(index_id)) == set(registry.lexical_index().ids(index_id)) == expected
    )
    assert not Removal.objects.exists()


def test_the_outbox_spares_ids_that_exist_again(collection: Collection) -> None:
    document = ready(collection, ENGLISH)
    ids = list(document.chunks.values_list("id", flat=True))
    index_id = document.chunks.first().generation.index_id
    Removal.objects.create(index_id=index_id, ids=ids)
    indexing.index_all()
    assert set(registry.vector_index().ids(index_id)) == set(ids)


def test_a_deleted_collection_takes_its_index_along(collection: Collection) -> None:
    document = ready(collection, ENGLISH)
    index_id = document.chunks.first().generation.index_id
    services.delete_collection(collection=collection)
    indexing.index_all()
    assert not Chunk.objects.exists()
    assert index_id not in set(registry.vector_index().indexes()) | set(registry.lexical_index().indexes())
    assert not storage.path_of(document.sha256).exists()


def test_slugs_come_from_names_and_stay_apart(owner: User) -> None:
    slugs = [
        services.create_collection(owner=owner, name=name).slug for name in ("Team Docs", "Team docs", "手册")
    ]
    assert slugs == ["team-docs", "team-docs-2", "collection"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [("", ""), ("x" * 121, ""), ("Fine", "Not a slug"), ("Fine", "handbook"), ("Fine", "new")],
)
def test_unusable_collections_are_refused(collection: Collection, owner: User, name: str, slug: str) -> None:
    with pytest.raises(BadCollection):
        services.create_collection(owner=owner, name=name, slug=slug)
