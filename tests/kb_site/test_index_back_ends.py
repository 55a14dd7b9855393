"""Which indexes the environment names, and that a site moves to Milvus and works there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from ingestion import indexing
from ingestion.finding import find
from ingestion.generations import active_generation
from ingestion.models import Chunk, Collection
from ingestion.services import delete_document
from ingestion.verifying import verify
from kb_site import index_back_ends, services
from search import registry
from search.index.mirror import Mirrors
from tests.conftest import signed_in
from tests.ingestion.material import CHINESE, ENGLISH, ready
from tests.search.conftest import (  # noqa: F401 - fixtures
    ChromaServer,
    MilvusServer,
    chroma_server,
    milvus_server,
)

ADDRESS = "http://milvus.example:19530"


@pytest.mark.django_db
def test_a_site_moves_to_milvus(
    settings: Settings,
    milvus_server: MilvusServer,  # noqa: F811
    collection: Collection,
) -> None:
    ready(collection, ENGLISH)
    ready(collection, CHINESE)
    server = index_back_ends.milvus(milvus_server.uri, "", "default")
    settings.VECTOR_INDEX = index_back_ends.vector_index("milvus", "", server)
    settings.LEXICAL_INDEX = index_back_ends.lexical_index("milvus", Path("unused"), server)
    registry.reset()
    assert verify().missing_in_index == Chunk.objects.count() > 0
    verify(repair=True)
    indexing.index_all()
    report = verify()
    assert (report.chunks, report.missing_in_index, report.orphans_in_index) == (Chunk.objects.count(), 0, 0)
    index_id = Chunk.objects.select_related("generation").first().generation.index_id  # type: ignore[union-attr]
    for text in (ENGLISH, CHINESE):
        found = find(text[:40], [collection], mode="hybrid")
        assert found.passages[0].text[:10] in text
        assert found.notes == []
    lines = signed_in(None).get("/readyz").content.decode().splitlines()
    assert {"vector index: ok", "lexical index: ok", "milvus: ok"} <= set(lines)
    Collection.objects.all().delete()
    verify(repair=True)
    indexing.index_all()
    assert index_id not in {*registry.vector_index().indexes(), *registry.lexical_index().indexes()}


@pytest.mark.django_db
def test_mirrors_of_vectors_follow_the_database_and_are_made_again(
    settings: Settings,
    chroma_server: ChromaServer,  # noqa: F811
    collection: Collection,
    tmp_path: Path,
) -> None:
    mirrors = tmp_path / "mirrors"
    settings.VECTOR_INDEX = index_back_ends.vector_index("chroma", "", {}, mirrors)
    services.use(chroma_server.url)
    registry.reset()
    document = ready(collection, ENGLISH)
    generation = active_generation(collection)
    file = mirrors / f"{generation.index_id}.vectors"

    def mirrored() -> set[str]:
        view = Mirrors(mirrors).view(generation.index_id)
        return set() if view is None else view.known

    ids = set(document.chunks.values_list("id", flat=True))
    assert mirrored() == ids
    empty = active_generation(Collection.objects.create(name="Empty", slug="empty", owner=collection.owner))
    file.unlink()
    indexing.index_all()
    assert mirrored() == ids
    assert (mirrors / f"{empty.index_id}.vectors").exists()
    file.write_bytes(b"damaged")
    verify(repair=True)
    assert mirrored() == ids
    Mirrors(mirrors).remove(generation.index_id, [min(ids)])
    verify(repair=True)
    assert mirrored() == ids
    ready(collection, CHINESE)
    delete_document(document=document)
    indexing.index_all()
    assert mirrored() == set(Chunk.objects.values_list("id", flat=True))


def test_names_and_addresses_are_checked() -> None:
    server = index_back_ends.milvus(ADDRESS, "root:secret", "")
    assert index_back_ends.vector_index("milvus", "", server)["OPTIONS"] == server
    assert index_back_ends.lexical_index("own.Words", Path(), server) == {
        "BACKEND": "own.Words",
        "OPTIONS": {},
    }
    with pytest.raises(ImproperlyConfigured, match="milvus-lite server"):
        index_back_ends.milvus("/srv/milvus.db", "", "")
    with pytest.raises(ImproperlyConfigured, match="LEXICAL_INDEX=milvus needs MILVUS_URI"):
        index_back_ends.lexical_index("milvus", Path(), index_back_ends.milvus("", "", ""))
    with pytest.raises(ImproperlyConfigured, match="use chroma or milvus"):
        index_back_ends.vector_index("milvsu", "", server)


def test_a_site_on_milvus_starts_no_chroma_and_reads_its_token_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("root:secret\n")
    given = {
        "VECTOR_INDEX": "milvus",
        "LEXICAL_INDEX": "milvus",
        "MILVUS_URI": ADDRESS,
        "MILVUS_TOKEN_FILE": str(tmp_path / "token"),
        "DATA_DIR": str(tmp_path / "data"),
        "FILES_DIR": str(tmp_path / "shared"),
    }
    script = (
        "from kb_site import settings as s; "
        "print(s.OWN_CHROMA, s.VECTOR_INDEX['OPTIONS']['token'], s.LEXICAL_INDEX['BACKEND'], s.FILES_DIR)"
    )
    env = {**os.environ, **given}
    told = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    words = f"False root:secret search.index.milvus_words.MilvusLexicalIndex {tmp_path / 'shared'}"
    assert told.stdout.strip() == words


def test_commands_hand_over_to_workers_elsewhere(settings: Settings, tmp_path: Path) -> None:
    settings.EXTERNAL_WORKERS = True
    settings.RUN_DIR = tmp_path
    with services.available(exclusive=True) as running:
        assert running.workers
        assert not (tmp_path / "site.lock").exists()
