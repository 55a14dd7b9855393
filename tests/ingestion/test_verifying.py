import pytest

from ingestion import indexing
from ingestion.models import Chunk, Collection, Document
from ingestion.verifying import verify
from search import registry
from tests.ingestion.material import CHINESE, ENGLISH, ready

pytestmark = pytest.mark.django_db


def test_a_healthy_site_has_nothing_to_repair(collection: Collection) -> None:
    ready(collection, ENGLISH)
    report = verify()
    assert (report.documents, report.chunks) == (1, Chunk.objects.count())
    assert (report.missing_in_index, report.orphans_in_index, report.repaired) == (0, 0, 0)


@pytest.mark.parametrize("side", ["vectors", "words"])
def test_what_is_missing_in_either_index_is_found_and_put_back(collection: Collection, side: str) -> None:
    document = ready(collection, ENGLISH)
    ids = list(document.chunks.values_list("id", flat=True))
    index_id = Chunk.objects.select_related("generation").get(id=ids[0]).generation.index_id
    index = registry.vector_index() if side == "vectors" else registry.lexical_index()
    index.delete(index_id, ids)
    assert verify().missing_in_index == len(ids)
    assert verify(repair=True).repaired == len(ids)
    indexing.index_all()
    assert verify().missing_in_index == 0
    document.refresh_from_db()
    assert document.status == "ready"


def test_what_no_chunk_knows_is_found_and_removed(collection: Collection) -> None:
    document = ready(collection, ENGLISH)
    kept = ready(collection, CHINESE)
    document.chunks.all().delete()
    Document.objects.filter(pk=document.pk).delete()
    assert verify().orphans_in_index == 1
    verify(repair=True)
    indexing.index_all()
    report = verify()
    assert (report.orphans_in_index, report.documents) == (0, 1)
    assert kept.chunks.exists()


def test_an_index_of_a_vanished_collection_is_an_orphan(collection: Collection) -> None:
    ready(collection, ENGLISH)
    Collection.objects.all().delete()
    assert verify().orphans_in_index == 1
    verify(repair=True)
    indexing.index_all()
    assert verify().orphans_in_index == 0
