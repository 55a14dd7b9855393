"""Passages by hand as editors use them."""

import pytest
from django.test import Client

from accounts.models import User
from ingestion import indexing, passage_edits, rereading, services
from ingestion.finding import find
from ingestion.models import Chunk, Collection, Document, PassageEdit
from tests.conftest import signed_in
from tests.ingestion.material import extract_all, ready

pytestmark = pytest.mark.django_db
TEXT = "\n\n".join(
    f"## Part {n}\n\nThe heron of part {n} stands still. {'Reeds move. ' * 60}" for n in range(3)
)


@pytest.fixture
def document(collection: Collection) -> Document:
    return ready(collection, TEXT)


@pytest.fixture
def client(owner: User) -> Client:
    return signed_in(owner)


def chunk_of(document: Document, words: str) -> Chunk:
    return document.chunks.filter(generation__state="active").get(text__contains=words)


def page(client: Client, document: Document, query: str = "") -> str:
    return client.get(document.get_absolute_url() + query).content.decode()


def test_editing_shows_the_words_with_their_mark_everywhere(
    document: Document, client: Client, collection: Collection
) -> None:
    chunk = chunk_of(document, "part 1")
    address = f"/documents/{document.pk}/passages/{chunk.pk}/edit/"
    assert "The heron of part 1" in client.get(address).content.decode()
    answer = client.post(address, {"text": "The bittern booms at dusk."}, follow=True)
    html = answer.content.decode()
    assert "Edited by hand" in html and "The bittern booms at dusk." in html
    assert 'class="edited"' in html
    indexing.index_all()
    new = chunk_of(document, "bittern")
    results = client.get("/?q=bittern&c=handbook").content.decode()
    assert "edited by hand" in results
    pane = client.get(f"/documents/{document.pk}/passage/{new.pk}/").content.decode()
    assert "The bittern booms at dusk." in pane and "heron of part 1" in pane
    hit = client.post(
        "/api/v1/search", {"query": "bittern", "collections": ["handbook"]}, content_type="application/json"
    ).json()["hits"][0]
    assert (hit["edited"], hit["start"], hit["end"]) == (True, chunk.start, chunk.end)
    assert "The document has changed since" not in page(client, document, f"?p={new.pk}&at=1-9-0123abcd")


def test_a_refused_text_stays_in_the_form(document: Document, client: Client) -> None:
    chunk = chunk_of(document, "part 1")
    address = f"/documents/{document.pk}/passages/{chunk.pk}/edit/"
    answer = client.post(address, {"text": "many words " * 500})
    assert answer.status_code == 422
    assert "many words many words" in answer.content.decode()
    assert "passages of this collection have 200 at most" in answer.content.decode()


def test_what_is_switched_off_is_shown_grey_and_comes_back(document: Document, client: Client) -> None:
    chunk = chunk_of(document, "part 1")
    assert "Do not search" in page(client, document)
    html = client.post(f"/documents/{document.pk}/passages/{chunk.pk}/off/", follow=True).content.decode()
    assert 'class="disabled"' in html and "not searched" in html and "Search it again" in html
    edit = document.passage_edits.get()
    html = client.post(f"/documents/{document.pk}/edits/{edit.pk}/undo/", follow=True).content.decode()
    assert 'class="disabled"' not in html
    assert chunk_of(document, "part 1").text == chunk.text
    assert "undone" in client.get(f"/documents/{document.pk}/passages/changes/").content.decode()


def test_a_passage_is_added_below_another(document: Document, client: Client, collection: Collection) -> None:
    after = chunk_of(document, "part 0")
    address = f"/documents/{document.pk}/passages/add/?after={after.pk}"
    assert after.heading in client.get(address).content.decode()
    html = client.post(address, {"text": "Cranes dance.", "heading": "Birds"}, follow=True).content.decode()
    assert "Added by hand" in html and "added by hand" in html
    indexing.index_all()
    assert find("cranes dance", [collection]).passages[0].heading == "Birds"


def test_what_lost_its_place_is_listed_and_can_be_put_back(
    document: Document, client: Client, collection: Collection, owner: User
) -> None:
    import io

    passage_edits.edit_passage(chunk=chunk_of(document, "part 1"), text="The bittern.", by=owner)
    text = TEXT.replace("part 1 stands", "part 1 stood").encode()
    rereading.replace_document(document=document, file=io.BytesIO(text), name="note.md")
    extract_all()
    indexing.index_all()
    html = page(client, document)
    assert "1 change by hand has no place in the new text" in html
    assert "The heron of part 1 stands still" in html and "The bittern." in html
    assert "Changes by hand lost their place in a new text:" in client.get("/runs/").content.decode()
    edit = document.passage_edits.get(state="unplaced")
    address = f"/documents/{document.pk}/edits/{edit.pk}/place/"
    choices = client.get(f"{address}?q=part+1+stood").content.decode()
    chunk = chunk_of(document, "part 1 stood")
    assert choices.count('type="radio"') == 1 and chunk.pk in choices
    html = client.post(address, {"chunk": chunk.pk}, follow=True).content.decode()
    assert "Edited by hand" in html and "no place in the new text" not in html
    assert document.passage_edits.get(state="applied").text == "The bittern."


def test_giving_up_asks_nothing_more(document: Document, client: Client) -> None:
    edit = PassageEdit.objects.create(
        document=document,
        kind="edit",
        state="unplaced",
        start=0,
        end=4,
        original="Gone",
        text="Words by hand.",
    )
    assert "Words by hand." in page(client, document)
    client.post(f"/documents/{document.pk}/edits/{edit.pk}/dismiss/")
    assert "Words by hand." not in page(client, document)


def test_only_editors_may(document: Document, teammate: User, stranger: User, collection: Collection) -> None:
    chunk = chunk_of(document, "part 1")
    address = f"/documents/{document.pk}/passages/{chunk.pk}/off/"
    assert "Do not search" not in page(signed_in(teammate), document)
    assert signed_in(teammate).post(address).status_code == 403
    assert signed_in(stranger).post(address).status_code == 404
    services.set_member(collection=collection, user=teammate, role="editor")
    assert signed_in(teammate).post(address).status_code == 302
    assert document.passage_edits.get().by == teammate
