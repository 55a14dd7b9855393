import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from accounts.models import User
from ingestion import embedding_cache, indexing, services, vectors
from ingestion.embedding_cache import EmbeddingCache, text_key
from ingestion.models import Collection, Document
from search import registry
from search.embedding.hashed import HashedEmbedder
from search.protocols import Vectors
from tests.ingestion.material import CHINESE, ENGLISH, add, extract_all, ready


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EmbeddingCache:
    """A cache of the test's own, which the pipeline uses."""
    made = EmbeddingCache(tmp_path / "embeddings.sqlite3", 4)
    monkeypatch.setattr(embedding_cache, "cache", lambda: made)
    monkeypatch.setattr(vectors, "cache", lambda: made)
    return made


def rows(count: int, dimension: int = 384, first: int = 0) -> dict[bytes, Vectors]:
    random = np.random.default_rng(first)
    texts = range(first, first + count)
    return {text_key("m", str(n)): random.random(dimension, dtype=np.float32) for n in texts}


def test_a_vector_comes_back_bit_for_bit(own_cache: EmbeddingCache) -> None:
    kept = rows(1200)
    own_cache.put(kept)
    found = own_cache.get([*kept, text_key("m", "unknown")])
    assert found.keys() == kept.keys()
    assert all(
        np.array_equal(found[key], row) and found[key].dtype == np.float32 for key, row in kept.items()
    )


def test_keys_tell_models_and_texts_apart() -> None:
    keys = {
        text_key("a", "b"),
        text_key("a", "c"),
        text_key("b", "b"),
        text_key("ab", ""),
        text_key("a", "\ud800"),
    }
    assert len(keys) == 5


def test_it_stays_below_its_size_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path / "small.sqlite3", 1)
    old, used = rows(100), rows(100, first=100)
    cache.put(old | used)
    with sqlite3.connect(tmp_path / "small.sqlite3") as raw:
        raw.execute("UPDATE vectors SET used = 1")
    assert len(cache.get(list(used))) == 100
    cache.put(rows(450, first=500))
    assert len(cache.get(list(used))) == 100
    for first in range(1000, 3000, 100):
        cache.put(rows(100, first=first))
    with sqlite3.connect(tmp_path / "small.sqlite3") as raw:
        sizes = [raw.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count")]
    assert sizes[0] * sizes[1] <= 1.3 * 2**20
    assert len(cache.get(list(used))) < 100
    assert not cache.get(list(old))
    assert len(cache.get(list(rows(100, first=2900)))) == 100


def test_size_nothing_turns_it_off(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path / "off.sqlite3", 0)
    kept = rows(2)
    cache.put(kept)
    assert cache.get(list(kept)) == {}
    assert not (tmp_path / "off.sqlite3").exists()


def test_the_file_may_be_deleted_at_any_time(own_cache: EmbeddingCache, tmp_path: Path) -> None:
    kept = rows(3)
    own_cache.put(kept)
    for file in tmp_path.iterdir():
        file.unlink()
    assert own_cache.get(list(kept)) == {}
    own_cache.put(kept)
    assert len(own_cache.get(list(kept))) == 3


def test_a_damaged_file_is_replaced(own_cache: EmbeddingCache, tmp_path: Path) -> None:
    (tmp_path / "embeddings.sqlite3").write_bytes(b"not a database at all" * 1000)
    kept = rows(3)
    assert own_cache.get(list(kept)) == {}
    own_cache.put(kept)
    assert len(own_cache.get(list(kept))) == 3


def test_a_file_that_somebody_locks_is_passed_by(own_cache: EmbeddingCache, tmp_path: Path) -> None:
    own_cache.put(rows(1))
    own_cache.close()
    blocker = sqlite3.connect(tmp_path / "embeddings.sqlite3", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    own_cache.put(rows(1, first=7))
    blocker.execute("COMMIT")
    assert own_cache.get(list(rows(1, first=7))) == {}
    own_cache.put(rows(1, first=7))
    assert len(own_cache.get(list(rows(1, first=7)))) == 1


def test_two_processes_write_one_file(tmp_path: Path) -> None:
    caches = [EmbeddingCache(tmp_path / "shared.sqlite3", 8) for _ in range(2)]

    def fill(cache: EmbeddingCache, first: int) -> None:
        for at in range(first, first + 200, 20):
            cache.put(rows(20, first=at))

    threads = [threading.Thread(target=fill, args=(cache, 1000 * at)) for at, cache in enumerate(caches)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for at, cache in enumerate(caches):  # what was passed by while the other wrote is taken now
        fill(cache, 1000 * at)
    wanted = [text_key("m", str(n)) for start in (0, 1000) for n in range(start, start + 200)]
    assert len(caches[0].get(wanted)) == 400


# In the pipeline


class Counting(HashedEmbedder):
    """Remembers how many texts it embedded."""

    texts = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        Counting.texts += len(texts)
        return super().embed(texts)


@pytest.fixture
def counted(own_cache: EmbeddingCache, settings: object, monkeypatch: pytest.MonkeyPatch) -> type[Counting]:
    monkeypatch.setattr(Counting, "texts", 0)
    settings.EMBEDDING = {"BACKEND": "tests.ingestion.test_embedding_cache.Counting", "OPTIONS": {}}  # type: ignore[attr-defined]
    registry.reset()
    return Counting


@pytest.mark.django_db
def test_unchanged_text_is_embedded_once(
    counted: type[Counting], collection: Collection, owner: User
) -> None:
    first = ready(collection, ENGLISH)
    index_id = first.chunks.first().generation.index_id
    once = counted.texts
    assert once == first.chunk_count
    before = registry.vector_index().query(index_id, registry.embedder().embed_queries(["leave"])[0], 5)
    counted.texts = 0
    services.delete_document(document=first)
    indexing.index_all()
    ready(collection, ENGLISH)
    ready(services.create_collection(owner=owner, name="Other"), ENGLISH)
    assert counted.texts == 0
    after = registry.vector_index().query(index_id, registry.embedder().embed_queries(["leave"])[0], 5)
    assert [hit.score for hit in before] == [hit.score for hit in after]
    ready(collection, CHINESE)
    assert counted.texts > 0


@pytest.mark.django_db
def test_equal_passages_of_one_batch_are_embedded_once(
    counted: type[Counting], collection: Collection
) -> None:
    add(collection, "# Leave\n\nTwenty-five days.\n", "a.md")
    add(collection, "# Leave\n\nTwenty-five days.\n\n", "b.md")
    extract_all()
    indexing.index_all()
    assert Document.objects.filter(status="ready").count() == 2
    assert counted.texts == 1


@pytest.mark.django_db
def test_a_batch_ends_where_enough_new_vectors_were_computed(
    counted: type[Counting], collection: Collection
) -> None:
    for number in range(6):
        add(collection, f"# Note {number}\n\nNumber {number}.\n", f"{number}.md")
    extract_all()
    assert indexing.index_batch(indexing.next_batch(6), to_embed=4) == (4, 4)
    assert indexing.index_batch(indexing.next_batch(6), to_embed=4) == (2, 2)
    assert Document.objects.filter(status="ready").count() == 6
