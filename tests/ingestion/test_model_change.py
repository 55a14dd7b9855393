"""Collections with different embedding models, and changing one while people search."""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from accounts.models import User
from ingestion import indexing, reembedding, services
from ingestion.finding import find
from ingestion.models import Collection, Generation
from ingestion.progress import run_progress
from search import registry
from tests.conftest import signed_in
from tests.ingestion.material import ENGLISH, add, extract_all, ready

pytestmark = pytest.mark.django_db
HASHED = {"BACKEND": "search.embedding.hashed.HashedEmbedder", "OPTIONS": {"dimension": 64}}
NOTES = {
    "leave.md": "# Time off\n\nEmployees get twenty-five days of paid leave every year.",
    "pay.md": "# Money\n\nSalaries are transferred on the last working day of the month.",
    "travel.md": "# Trips\n\nTrain tickets are booked by the office; taxis need a receipt.",
}
MEANT = "How much vacation do staff members have?"


def choose(collection: Collection, name: str) -> None:
    services.update_collection(collection=collection, embedding=name)


def filled(owner: User, name: str, model: str) -> Collection:
    made = services.create_collection(owner=owner, name=name, slug=name)
    choose(made, model)
    for file, text in NOTES.items():
        ready(made, text, file)
    return made


def active(collection: Collection) -> Generation:
    return collection.generations.get(state="active")


def meant(collections: list[Collection]) -> list[tuple[str, str]]:
    """What vectors alone find first, as pairs of collection and document."""
    found = find(MEANT, collections, mode="dense")
    assert found.notes == []
    return [(item.collection_slug, item.document) for item in found.passages]


def test_a_collection_keeps_its_model_until_the_new_index_is_there(owner: User) -> None:
    collection = filled(owner, "notes", "english")
    old = active(collection).embedding
    assert old.startswith("st-")
    choose(collection, "multilingual")
    assert reembedding.needs_reembedding(collection)
    assert meant([collection])[0] == ("notes", "Time off")
    reembedding.start_reembedding(collection)
    add(collection, "# Holidays\n\nIn August the office is closed.", "late.md")
    extract_all()
    while batch := indexing.next_batch(1):
        indexing.index_batch(batch)
        found = meant([collection])
        assert found[0] == ("notes", "Time off")
        assert len(found) >= len(NOTES)
    assert active(collection).embedding == old
    assert "Holidays" in {document for _slug, document in meant([collection])}
    indexing.index_all()
    assert active(collection).embedding.startswith("e5-")
    assert len(meant([collection])) == len(NOTES) + 1
    assert meant([collection])[0] == ("notes", "Time off")


def test_two_models_are_searched_together(owner: User) -> None:
    english, multilingual = filled(owner, "english", "english"), filled(owner, "all", "multilingual")
    assert {active(english).embedding[:3], active(multilingual).embedding[:3]} == {"st-", "e5-"}
    first, second, *_others = meant([english, multilingual])
    assert {first, second} == {("english", "Time off"), ("all", "Time off")}
    hybrid = find(MEANT, [english, multilingual])
    assert {(item.collection_slug, item.document) for item in hybrid.passages[:2]} == {first, second}
    assert all(item.dense is not None for item in hybrid.passages[:2])
    asked = "How many days of paid leave do employees get every year?"
    assert find(asked, [english, multilingual]).answerable
    assert not find("Which glacier calves into the fjord?", [english, multilingual]).answerable


def test_a_question_the_english_model_does_not_know_is_found_by_the_other(owner: User) -> None:
    english, multilingual = filled(owner, "english", "english"), filled(owner, "all", "multilingual")
    found = find("员工每年有多少天年假？", [english, multilingual])
    assert (found.passages[0].collection_slug, found.passages[0].document) == ("all", "Time off")
    assert found.notes == []


def test_another_default_changes_nothing_for_what_is_indexed(collection: Collection) -> None:
    ready(collection, ENGLISH)
    before = [item.chunk_id for item in find("paid leave", [collection], mode="dense").passages]
    with override_settings(EMBEDDING=HASHED):
        assert reembedding.needs_reembedding(collection)
        found = find("paid leave", [collection], mode="dense")
    assert [item.chunk_id for item in found.passages] == before
    assert found.notes == []


def test_a_model_that_is_gone_leaves_words(collection: Collection) -> None:
    ready(collection, ENGLISH)
    Generation.objects.update(embedding="st-gone", embedder={"BACKEND": "os.system"})
    found = find("paid leave", [collection])
    assert found.passages
    assert "words alone" in found.notes[0]
    assert ready(collection, "# Late\n\nThe heron stands still.", "late.md").status == "ready"
    assert find("heron", [collection]).passages[0].dense is None


def test_a_model_without_its_files_fails_the_build_only(collection: Collection, tmp_path: Path) -> None:
    ready(collection, ENGLISH)
    old = active(collection)
    empty = tmp_path / "model"
    empty.mkdir()
    (empty / "config.json").write_text('{"hidden_size": 8}')
    spec = settings.EMBEDDINGS["english"] | {"OPTIONS": {"model": str(empty)}}
    with override_settings(EMBEDDINGS=settings.EMBEDDINGS | {"broken": spec}):
        choose(collection, "broken")
        run = reembedding.start_reembedding(collection)
        extract_all()
        indexing.index_all()
        at = run_progress([run])[run.pk]
        assert at.state == "failed"
        assert "cannot be used" in at.error
        assert str(empty) in at.error
    assert active(collection).pk == old.pk
    assert find("paid leave", [collection]).notes == []


def test_a_model_that_kills_its_worker_is_given_up(collection: Collection) -> None:
    ready(collection, ENGLISH)
    choose(collection, "english")
    run = reembedding.start_reembedding(collection)
    extract_all()
    Generation.objects.filter(run=run).update(loads=3)
    indexing.index_all()
    at = run_progress([run])[run.pk]
    assert at.state == "failed"
    assert "more memory" in at.error


def test_models_that_no_index_needs_are_let_go(owner: User) -> None:
    meant([filled(owner, "notes", "multilingual")])
    model = registry.embedder(settings.EMBEDDINGS["multilingual"])
    assert registry.embedder_is_loaded(model)
    indexing.index_all()
    assert registry.embedder(settings.EMBEDDINGS["multilingual"]) is model
    services.delete_collection(collection=Collection.objects.get(slug="notes"))
    indexing.index_all()
    assert registry.embedder(settings.EMBEDDINGS["multilingual"]) is not model


def test_the_settings_page_offers_and_keeps_a_model(collection: Collection, owner: User) -> None:
    client = signed_in(owner)
    address = "/collections/handbook/settings/"
    html = client.get(address).content.decode()
    assert "multilingual-e5-small · about a hundred languages" in html
    assert "384 dimensions" in html
    data = {"name": "Handbook", "description": "", "visibility": "private", "llm": ""}
    client.post(address, data | {"embedding": "english"})
    collection.refresh_from_db()
    assert collection.embedding == "english"
    assert client.post(address, data | {"embedding": "nonsense"}).status_code == 422


def test_a_search_while_the_model_changes_never_finds_less(owner: User) -> None:
    """In one process and one database connection: every state between two batches is searched."""
    collection = filled(owner, "notes", "multilingual")
    choose(collection, "english")
    reembedding.start_reembedding(collection)
    extract_all()
    seen = []
    for step in range(20):
        found = find(MEANT, [collection])
        seen.append((len(found.passages), found.notes, found.passages[0].document))
        if step and active(collection).embedding.startswith("st-"):
            break
        indexing.index_batch(batch) if (batch := indexing.next_batch(1)) else reembedding.finish_complete()
    assert active(collection).embedding.startswith("st-")
    assert {count for count, _notes, _first in seen} == {seen[0][0]}
    assert {first for _count, _notes, first in seen} == {"Time off"}
    assert all(not notes for _count, notes, _first in seen)
