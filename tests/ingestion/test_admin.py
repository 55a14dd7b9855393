"""The administration: documents come in and are acted on through the same services as in the site."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from ingestion import history, services
from ingestion.models import Collection, Document, Run
from tests import fixtures
from tests.conftest import signed_in
from tests.ingestion.material import ENGLISH, add

pytestmark = pytest.mark.django_db
ADD = "/admin/ingestion/document/add/"


@pytest.fixture
def client(admin: User) -> Client:
    return signed_in(admin)


@pytest.fixture
def run(collection: Collection) -> Run:
    """One document waits, one failed."""
    run = services.start_run(collection=collection, kind=Run.Kind.UPLOAD, by=collection.owner)
    add(collection, "# One", "one.md", run)
    failed = add(collection, "# Two", "two.md", run)
    Document.objects.filter(pk=failed.pk).update(status="failed", error="The file is damaged.")
    return run


def act(client: Client, model: str, action: str, *chosen: object) -> str:
    data = {"action": action, "_selected_action": [str(item) for item in chosen]}
    return client.post(f"/admin/ingestion/{model}/", data, follow=True).content.decode()


def test_several_files_are_uploaded_as_one_run(client: Client, admin: User, collection: Collection) -> None:
    assert "multiple" in client.get(ADD).content.decode()
    files = [
        SimpleUploadedFile("leave.md", ENGLISH.encode()),
        SimpleUploadedFile("more.zip", fixtures.zip_of({"a/fees.txt": "Forty crowns.", "b.txt": "Boats."})),
    ]
    answer = client.post(ADD, {"collection": str(collection.pk), "upload": files}, follow=True)
    assert answer.status_code == 200
    assert "added." in answer.content.decode()
    run = Run.objects.get(started_by=admin)
    assert set(run.documents.values_list("name", flat=True)) == {"leave.md", "a/fees.txt", "b.txt"}
    assert set(run.documents.values_list("status", flat=True)) == {"queued"}
    document = run.documents.get(name="leave.md")
    assert [(event.kind, event.by) for event in history.history(document)] == [("added", admin)]


def test_a_form_without_files_says_so(client: Client, collection: Collection) -> None:
    answer = client.post(ADD, {"collection": str(collection.pk)})
    assert answer.status_code == 422
    assert "This field is required." in answer.content.decode()
    assert not Document.objects.exists()


def test_only_who_may_add_documents_can(owner: User, collection: Collection) -> None:
    User.objects.filter(pk=owner.pk).update(is_staff=True)
    owner.refresh_from_db()
    file = SimpleUploadedFile("a.md", ENGLISH.encode())
    answer = signed_in(owner).post(ADD, {"collection": str(collection.pk), "upload": [file]})
    assert answer.status_code == 403
    assert not Document.objects.exists()


def test_runs_are_cancelled_and_retried(client: Client, admin: User, run: Run) -> None:
    assert "1 document changed." in act(client, "run", "cancel", run.pk)
    assert set(run.documents.values_list("status", flat=True)) == {"cancelled", "failed"}
    assert "2 documents changed." in act(client, "run", "retry_failed", run.pk)
    assert set(run.documents.values_list("status", flat=True)) == {"queued"}


def test_everything_that_failed_is_retried(client: Client, run: Run) -> None:
    other = services.start_run(collection=run.collection, kind=Run.Kind.API, by=None)
    act(client, "run", "retry_all_failed", other.pk)
    assert not Document.objects.filter(status="failed").exists()


def test_documents_are_retried_cancelled_and_deleted(client: Client, admin: User, run: Run) -> None:
    waiting, failed = run.documents.get(name="one.md"), run.documents.get(name="two.md")
    act(client, "document", "retry", failed.pk)
    failed.refresh_from_db()
    assert failed.status == "queued"
    assert history.history(failed)[0].by == admin
    act(client, "document", "cancel", waiting.pk, failed.pk)
    assert set(run.documents.values_list("status", flat=True)) == {"cancelled"}
    ids = [str(waiting.pk), str(failed.pk)]
    client.post(
        "/admin/ingestion/document/",
        {"action": "delete_selected", "_selected_action": ids, "post": "yes"},
    )
    assert not run.documents.exists()


@pytest.mark.parametrize("model", ["run", "generation", "collection"])
def test_what_the_site_makes_itself_cannot_be_added(client: Client, model: str) -> None:
    assert client.get(f"/admin/ingestion/{model}/add/").status_code == 403
