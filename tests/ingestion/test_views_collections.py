"""Collections in the browser: making one, adding files, watching them, settings and people."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, override_settings

from accounts.models import User
from ingestion import services
from ingestion.models import Collection, Document, Run
from tests.conftest import signed_in
from tests.ingestion.material import ENGLISH, add, ready

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def upload(client: Client, *files: tuple[str, bytes], **more: str) -> HttpResponse:
    data = {"file": [SimpleUploadedFile(name, content) for name, content in files], **more}
    return client.post("/collections/handbook/upload/", data)


def send(client: Client, name: str, content: bytes, **more: str) -> HttpResponse:
    """As the page's script does it: one file, and JSON back."""
    data = {"file": SimpleUploadedFile(name, content), **more}
    return client.post("/collections/handbook/upload/", data, headers={"X-Requested-With": "fetch"})


def test_the_list_shows_counts_and_only_what_one_may_read(
    collection: Collection, owner: User, stranger: User
) -> None:
    ready(collection, ENGLISH)
    html = signed_in(owner).get("/collections/").content.decode()
    assert 'href="/collections/handbook/"' in html
    assert "ready" in html
    assert "Handbook" not in signed_in(stranger).get("/collections/").content.decode()


def test_a_collection_is_made(owner: User) -> None:
    client = signed_in(owner)
    made = {"name": "公司制度", "description": "", "visibility": "private", "slug": ""}
    answer = client.post("/collections/new/", made)
    collection = Collection.objects.get(name="公司制度")
    assert answer["Location"] == collection.get_absolute_url()
    assert collection.owner == owner


def test_errors_stand_beside_the_field_and_keep_what_was_typed(collection: Collection, owner: User) -> None:
    wrong = {"name": "Second", "description": "Kept words", "visibility": "private", "slug": "handbook"}
    answer = signed_in(owner).post("/collections/new/", wrong)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_slug_error"' in html
    assert "Kept words" in html


def test_visitors_are_led_to_the_login(db: None) -> None:
    assert signed_in(None).get("/collections/").status_code in {200, 503}
    User.objects.create(username="root", is_superuser=True)
    assert signed_in(None).get("/collections/new/")["Location"] == "/login/?next=/collections/new/"


def test_a_plain_form_adds_several_files(collection: Collection, owner: User) -> None:
    answer = upload(signed_in(owner), ("a.md", b"# A"), ("b.md", b"# B"), ("empty.txt", b""))
    assert answer["Location"] == "/collections/handbook/"
    assert set(collection.documents.values_list("name", flat=True)) == {"a.md", "b.md"}
    run = collection.runs.get()
    assert run.kind == Run.Kind.UPLOAD
    assert run.documents.count() == 2


def test_the_script_sends_one_file_at_a_time_in_one_run(collection: Collection, owner: User) -> None:
    client = signed_in(owner)
    first = send(client, "a.md", b"# A")
    assert first.status_code == 202
    run = first.json()["run"]
    assert send(client, "b.md", b"# B", run=run).json()["run"] == run
    again = send(client, "copy of a.md", b"# A", run=run).json()
    assert again["duplicate"]
    assert "a.md" in again["detail"]
    assert collection.runs.get().documents.count() == 2


def test_a_run_of_somebody_else_is_not_taken_over(
    collection: Collection, owner: User, teammate: User
) -> None:
    theirs = services.start_run(collection=collection, kind=Run.Kind.UPLOAD, by=teammate)
    assert send(signed_in(owner), "a.md", b"# A", run=str(theirs.pk)).json()["run"] != str(theirs.pk)
    assert send(signed_in(owner), "b.md", b"# B", run="nonsense").status_code == 202


@override_settings(MAX_UPLOAD_MB=1)
def test_a_refused_file_says_why(collection: Collection, owner: User) -> None:
    client = signed_in(owner)
    assert send(client, "empty.txt", b"").status_code == 422
    large = send(client, "large.txt", b"x" * 1_100_000)
    assert large.status_code == 413
    assert "1 MB" in large.json()["detail"]
    nothing = client.post("/collections/handbook/upload/", headers={"X-Requested-With": "fetch"})
    assert nothing.status_code == 400
    assert not Document.objects.exists()


def test_names_are_escaped(collection: Collection, owner: User) -> None:
    name = '<img src=x onerror="alert(1)">.md'
    services.add_file(collection=collection, file=SimpleUploadedFile("x", b"# A"), name=name, by=owner)
    html = signed_in(owner).get("/collections/handbook/").content.decode()
    assert "<img src=x" not in html
    assert "&lt;img src=x" in html


def test_the_pulse_beats_only_while_there_is_work(collection: Collection, owner: User) -> None:
    document = add(collection, ENGLISH)
    client = signed_in(owner)
    address = f"/collections/handbook/pulse/?ids={document.pk},nonsense"
    assert 'hx-trigger="every 1s"' in client.get("/collections/handbook/").content.decode()
    busy = client.get(address, headers=HTMX).content.decode()
    assert 'data-status="queued"' in busy
    assert 'hx-trigger="every 1s"' in busy
    services.cancel_document(document=document)
    done = client.get(address, headers=HTMX).content.decode()
    assert f'id="state-{document.pk}" data-status="cancelled" hx-swap-oob="true"' in done
    assert f'id="act-{document.pk}"' in done
    assert "hx-trigger" not in done


def test_the_pulse_tells_nothing_of_other_collections(collection: Collection, owner: User) -> None:
    other = services.create_collection(owner=owner, name="Other", slug="other")
    document = add(other, ENGLISH)
    html = signed_in(owner).get(f"/collections/handbook/pulse/?ids={document.pk}").content.decode()
    assert str(document.pk) not in html


def test_a_failure_shows_its_reason_and_can_be_retried(collection: Collection, owner: User) -> None:
    document = add(collection, ENGLISH)
    Document.objects.filter(pk=document.pk).update(status="failed", error="The file is damaged <b>.")
    client = signed_in(owner)
    html = client.get("/collections/handbook/?status=failed").content.decode()
    assert "The file is damaged &lt;b&gt;." in html
    part = client.post(f"/documents/{document.pk}/retry/", {"status": "", "text": ""}, headers=HTMX)
    assert 'data-status="queued"' in part.content.decode()
    assert "<html" not in part.content.decode()


def test_the_filter_finds_by_name_and_state(collection: Collection, owner: User) -> None:
    add(collection, "# One", "one.md")
    add(collection, "# Two", "two.md")
    client = signed_in(owner)
    html = client.get("/collections/handbook/?text=TWO").content.decode()
    assert "two.md" in html
    assert "one.md" not in html
    assert "No document matches" in client.get("/collections/handbook/?status=failed").content.decode()
    assert "one.md" in client.get("/collections/handbook/?status=nonsense&page=x").content.decode()


def test_ticked_documents_are_changed_together(collection: Collection, owner: User) -> None:
    first, second = add(collection, "# One", "one.md"), add(collection, "# Two", "two.md")
    other = services.create_collection(owner=owner, name="Other", slug="other")
    theirs = add(other, "# Three", "three.md")
    client = signed_in(owner)
    ids = [str(first.pk), str(theirs.pk), "nonsense"]
    client.post("/collections/handbook/bulk/", {"action": "delete", "ids": ids})
    assert set(Document.objects.all()) == {second, theirs}
    client.post("/collections/handbook/bulk/", {"action": "cancel", "ids": [str(second.pk)]})
    second.refresh_from_db()
    assert second.status == "cancelled"
    assert client.post("/collections/handbook/bulk/", {"action": "explode", "ids": ids}).status_code == 302


def test_a_redirect_never_leaves_the_site(collection: Collection, owner: User) -> None:
    document = add(collection, ENGLISH)
    answer = signed_in(owner).post(f"/documents/{document.pk}/cancel/", {"next": "https://evil.example/"})
    assert answer["Location"] == "/collections/handbook/"


def test_settings_are_saved_and_checked(collection: Collection, owner: User) -> None:
    client = signed_in(owner)
    good = {
        "name": "Rules",
        "description": "New",
        "visibility": "public",
        "chunk_tokens": "",
        "chunk_overlap": "",
    }
    assert client.post("/collections/handbook/settings/", good).status_code == 302
    collection.refresh_from_db()
    assert (collection.name, collection.visibility, collection.chunk_tokens) == ("Rules", "public", 0)
    wrong = client.post(
        "/collections/handbook/settings/", good | {"chunk_tokens": "100", "chunk_overlap": "80"}
    )
    assert wrong.status_code == 422
    assert "half of the length" in wrong.content.decode()
    client.post("/collections/handbook/settings/", good | {"chunk_tokens": "100", "chunk_overlap": "20"})
    collection.refresh_from_db()
    assert (collection.chunk_tokens, collection.chunk_overlap) == (100, 20)


def test_deleting_a_collection_needs_its_name(collection: Collection, owner: User) -> None:
    client = signed_in(owner)
    wrong = client.post("/collections/handbook/delete/", {"delete-typed": "handbook"})
    assert wrong.status_code == 422
    assert Collection.objects.exists()
    assert client.post("/collections/handbook/delete/", {"delete-typed": " Handbook "}).status_code == 302
    assert not Collection.objects.exists()


def test_people_are_added_changed_and_taken_out(
    collection: Collection, owner: User, stranger: User, teammate: User
) -> None:
    client = signed_in(owner)
    people = "/collections/handbook/people/"
    assert client.post(people, {"username": "stranger", "role": "editor"}).status_code == 302
    member = collection.memberships.get(user=stranger)
    assert member.role == "editor"
    client.post(f"{people}{member.pk}/", {"role": "manager"})
    member.refresh_from_db()
    assert member.role == "manager"
    client.post(f"{people}{member.pk}/", {"role": ""})
    assert not collection.memberships.filter(user=stranger).exists()
    for name in ("nobody", "owner"):
        wrong = client.post(people, {"username": name, "role": "viewer"})
        assert wrong.status_code == 422
        assert 'id="id_username_error"' in wrong.content.decode()


def test_a_member_of_another_collection_is_out_of_reach(
    collection: Collection, owner: User, stranger: User
) -> None:
    other = services.create_collection(owner=stranger, name="Other", slug="other")
    member = services.set_member(collection=other, user=owner, role="viewer")
    answer = signed_in(owner).post(f"/collections/handbook/people/{member.pk}/", {"role": ""})
    assert answer.status_code == 404


def test_the_number_of_queries_does_not_grow(
    collection: Collection, owner: User, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    for number in range(8):
        add(collection, f"# Note {number}", f"note-{number}.md")
        services.create_collection(owner=owner, name=f"Collection {number}")
    client = signed_in(owner)
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        client.get("/collections/handbook/")
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        client.get("/collections/")
