"""Passages by hand, with the real pipeline and indexes."""

import pytest

from accounts.models import User
from ingestion import indexing, passage_edits, reembedding, rereading, services
from ingestion.finding import find
from ingestion.models import Chunk, Collection, Document, PassageEdit
from ingestion.passage_edits import BadPassage
from ingestion.verifying import verify
from search import registry
from tests.ingestion.material import CHINESE, add, extract_all, ready

pytestmark = pytest.mark.django_db
TEXT = "\n\n".join(
    f"## Part {n}\n\nThe heron of part {n} stands still. {'Reeds move. ' * 60}" for n in range(4)
)


def work() -> None:
    extract_all()
    indexing.index_all()


def chunk_of(document: Document, words: str) -> Chunk:
    return document.chunks.filter(generation__state="active").get(text__contains=words)


def texts(collection: Collection, query: str) -> list[str]:
    return [passage.text for passage in find(query, [collection], mode="lexical").passages]


def expect_sound(collection: Collection) -> None:
    report = verify()
    assert (report.missing_in_index, report.orphans_in_index) == (0, 0)
    generation = collection.generations.get(state="active")
    ids = set(Chunk.objects.filter(generation=generation).values_list("id", flat=True))
    assert set(registry.vector_index().ids(generation.index_id)) == ids
    assert set(registry.lexical_index().ids(generation.index_id)) == ids
    for document in Document.objects.filter(status="ready"):
        assert (
            document.chunk_count
            == document.indexed_count
            == generation.chunks.filter(document=document).count()
        )


def test_an_edited_passage_is_searched_and_quoted_as_it_is_now(collection: Collection, owner: User) -> None:
    document = ready(collection, TEXT)
    chunk = chunk_of(document, "heron of part 2")
    edit = passage_edits.edit_passage(chunk=chunk, text="The bittern of part 2 booms.", by=owner)
    assert verify().missing_in_index == 1
    work()
    assert texts(collection, "bittern") == ["The bittern of part 2 booms."]
    found = find("bittern", [collection]).passages[0]
    assert (found.start, found.end, found.is_edited) == (chunk.start, chunk.end, True)
    assert all("heron of part 2" not in text for text in texts(collection, "heron"))
    assert (edit.original, edit.by) == (chunk.text, owner)
    expect_sound(collection)
    second = passage_edits.edit_passage(chunk=chunk_of(document, "bittern"), text="A crane.", by=owner)
    edit.refresh_from_db()
    assert (edit.state, second.original) == ("replaced", chunk.text)
    passage_edits.undo(edit=second, by=owner)
    work()
    assert chunk_of(document, "heron of part 2").text == chunk.text
    assert chunk_of(document, "heron of part 2").edit is None
    expect_sound(collection)


def test_a_passage_that_is_switched_off_leaves_and_comes_back(collection: Collection, owner: User) -> None:
    document = ready(collection, TEXT)
    before = document.chunk_count
    edit = passage_edits.disable_passage(chunk=chunk_of(document, "heron of part 1"), by=owner)
    work()
    assert all("heron of part 1" not in text for text in texts(collection, "heron"))
    document.refresh_from_db()
    assert document.chunk_count == before - 1
    expect_sound(collection)
    passage_edits.undo(edit=edit, by=owner)
    work()
    assert any("heron of part 1" in text for text in texts(collection, "heron"))
    expect_sound(collection)


def test_an_edited_passage_switched_off_comes_back_edited(collection: Collection, owner: User) -> None:
    document = ready(collection, TEXT)
    passage_edits.edit_passage(chunk=chunk_of(document, "heron of part 1"), text="The bittern.", by=owner)
    off = passage_edits.disable_passage(chunk=chunk_of(document, "bittern"), by=owner)
    work()
    assert texts(collection, "bittern") == []
    rereading.reread_document(document=document, by=owner)
    work()
    assert texts(collection, "bittern") == []
    off.refresh_from_db()
    passage_edits.undo(edit=off, by=owner)
    work()
    assert texts(collection, "bittern") == ["The bittern."]
    expect_sound(collection)


def test_an_added_passage_has_the_place_it_was_given(collection: Collection, owner: User) -> None:
    document = ready(collection, TEXT)
    after = chunk_of(document, "heron of part 1")
    passage_edits.add_passage(document=document, text="Bitterns boom at dusk.", by=owner, after=after)
    passage_edits.add_passage(document=document, text="Cranes dance.", by=owner, heading="Birds", page=7)
    work()
    found = find("bitterns boom", [collection]).passages[0]
    assert (found.text, found.start, found.end) == ("Bitterns boom at dusk.", after.end, after.end)
    assert found.heading == after.heading
    crane = find("cranes dance", [collection]).passages[0]
    assert (crane.heading, crane.page) == ("Birds", 7)
    expect_sound(collection)
    with pytest.raises(BadPassage, match="these very words"):
        passage_edits.add_passage(document=document, text="Bitterns boom at dusk.", by=owner, after=after)


@pytest.fixture
def edited(collection: Collection, owner: User) -> Document:
    document = ready(collection, TEXT)
    passage_edits.edit_passage(chunk=chunk_of(document, "heron of part 2"), text="The bittern.", by=owner)
    passage_edits.disable_passage(chunk=chunk_of(document, "heron of part 1"), by=owner)
    after = chunk_of(document, "heron of part 3")
    passage_edits.add_passage(document=document, text="Cranes dance.", by=owner, after=after)
    work()
    return document


def expect_in_force(collection: Collection) -> None:
    assert texts(collection, "bittern") == ["The bittern."]
    assert texts(collection, "cranes dance") == ["Cranes dance."]
    left = " ".join(texts(collection, "heron"))
    assert "heron of part 0" in left and "heron of part 3" in left
    assert "heron of part 1" not in left and "heron of part 2" not in left
    expect_sound(collection)


def test_edits_outlive_reading_again(collection: Collection, edited: Document, owner: User) -> None:
    rereading.reread_document(document=edited, by=owner)
    work()
    expect_in_force(collection)
    assert set(edited.passage_edits.values_list("state", flat=True)) == {"applied"}


def test_edits_outlive_another_splitter(collection: Collection, edited: Document) -> None:
    services.update_collection(collection=collection, chunk_tokens=60, chunk_overlap=0)
    reembedding.start_reembedding(collection)
    work()
    assert not reembedding.needs_reembedding(collection)
    expect_in_force(collection)


def test_an_edit_made_while_a_new_index_is_built_is_in_it(collection: Collection, owner: User) -> None:
    document = ready(collection, TEXT)
    services.update_collection(collection=collection, chunk_tokens=60, chunk_overlap=0)
    reembedding.start_reembedding(collection)
    extract_all()
    passage_edits.edit_passage(chunk=chunk_of(document, "heron of part 2"), text="The bittern.", by=owner)
    work()
    assert collection.generations.get(state="active").split_options["tokens"] == 60
    assert texts(collection, "bittern") == ["The bittern."]
    expect_sound(collection)


def test_an_edit_made_while_an_update_is_read_is_in_it(collection: Collection, owner: User) -> None:
    document = ready(collection, TEXT)
    rereading.reread_document(document=document, by=owner)
    extract_all()
    passage_edits.edit_passage(chunk=chunk_of(document, "heron of part 2"), text="The bittern.", by=owner)
    work()
    assert texts(collection, "bittern") == ["The bittern."]
    assert Document.objects.count() == 1
    expect_sound(collection)


def replace(document: Document, text: str) -> None:
    import io

    rereading.replace_document(document=document, file=io.BytesIO(text.encode()), name=document.name)
    work()


def test_edits_move_with_their_words_and_what_lost_its_place_is_kept(
    collection: Collection, edited: Document, owner: User
) -> None:
    changed = "A new beginning.\n\n" + TEXT.replace("part 2 stands still", "part 2 has flown")
    replace(edited, changed)
    states = dict(edited.passage_edits.values_list("kind", "state"))
    assert states == {"edit": "unplaced", "disable": "applied", "add": "applied"}
    assert texts(collection, "bittern") == []
    assert all("heron of part 1" not in text for text in texts(collection, "heron"))
    expect_sound(collection)
    lost = edited.passage_edits.get(kind="edit")
    assert (lost.text, "part 2 stands still" in lost.original) == ("The bittern.", True)
    edited.refresh_from_db()
    made = passage_edits.place(edit=lost, chunk=chunk_of(edited, "part 2 has flown"), by=owner)
    work()
    assert made.state == "applied"
    assert texts(collection, "bittern") == ["The bittern."]
    expect_sound(collection)


def test_an_edit_finds_its_place_when_the_old_text_comes_back(
    collection: Collection, edited: Document
) -> None:
    replace(edited, "# Another text\n\nNothing of it is left.")
    assert set(edited.passage_edits.values_list("state", flat=True)) == {"unplaced"}
    edited.refresh_from_db()
    replace(edited, TEXT)
    expect_in_force(collection)


def test_what_is_given_up_stays_in_the_history(collection: Collection, edited: Document, owner: User) -> None:
    replace(edited, "# Another text\n\nNothing of it is left.")
    lost = edited.passage_edits.get(kind="edit")
    passage_edits.dismiss(edit=lost, by=owner)
    lost.refresh_from_db()
    assert (lost.state, lost.ended_by) == ("dismissed", owner)
    with pytest.raises(BadPassage, match="already"):
        passage_edits.dismiss(edit=lost, by=owner)


def test_a_document_of_which_all_is_switched_off_stays_ready(collection: Collection, owner: User) -> None:
    document = ready(collection, CHINESE)
    passage_edits.disable_passage(chunk=document.chunks.get(), by=owner)
    work()
    rereading.reread_document(document=document, by=owner)
    work()
    document.refresh_from_db()
    assert (document.status, document.chunk_count, Document.objects.count()) == ("ready", 0, 1)
    Document.objects.filter(pk=document.pk).update(status="queued", step="extract")
    work()
    document.refresh_from_db()
    assert (document.status, document.chunk_count) == ("ready", 0)
    expect_sound(collection)


def test_wrong_texts_are_refused_with_a_reason(collection: Collection, owner: User) -> None:
    document = ready(collection, TEXT)
    chunk = chunk_of(document, "heron of part 2")
    for text, reason in ((" ", "empty"), (chunk.text, "Nothing"), ("word " * 900, "200 at most")):
        with pytest.raises(BadPassage, match=reason):
            passage_edits.edit_passage(chunk=chunk, text=text, by=owner)
    waiting = add(collection, CHINESE, "later.md")
    with pytest.raises(BadPassage, match="not ready"):
        passage_edits.add_passage(document=waiting, text="Words.", by=owner)
    assert not PassageEdit.objects.exists()
