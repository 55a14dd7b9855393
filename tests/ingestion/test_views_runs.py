"""The runs page and its one-row updates."""

import pytest

from accounts.models import User
from ingestion import services
from ingestion.models import Collection, Document, Run
from tests.conftest import signed_in
from tests.ingestion.material import add

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(collection: Collection) -> Run:
    """Two documents: one waits, one failed."""
    run = services.start_run(collection=collection, kind=Run.Kind.UPLOAD, by=collection.owner)
    waiting, failed = add(collection, "# One", "one.md"), add(collection, "# Two", "two.md")
    Document.objects.filter(pk__in=[waiting.pk, failed.pk]).update(run=run)
    Document.objects.filter(pk=failed.pk).update(status="failed", error="The file is damaged.")
    return run


def test_a_run_in_work_asks_for_itself_and_a_finished_one_does_not(run: Run, owner: User) -> None:
    client = signed_in(owner)
    html = client.get("/runs/").content.decode()
    assert f'hx-get="/runs/{run.pk}/"' in html
    assert "The file is damaged." in html
    client.post(f"/runs/{run.pk}/cancel/")
    part = client.get(f"/runs/{run.pk}/").content.decode()
    assert "hx-get" not in part
    assert "<html" not in part
    assert set(run.documents.values_list("status", flat=True)) == {"cancelled", "failed"}


def test_what_failed_is_retried_together(run: Run, owner: User) -> None:
    signed_in(owner).post(f"/runs/{run.pk}/retry/")
    assert set(run.documents.values_list("status", flat=True)) == {"queued"}


def test_the_list_holds_what_one_may_read(run: Run, teammate: User, stranger: User) -> None:
    assert f"run-{run.pk}" in signed_in(teammate).get("/runs/").content.decode()
    assert f'action="/runs/{run.pk}' not in signed_in(teammate).get("/runs/").content.decode()
    assert "Nothing has been added yet" in signed_in(stranger).get("/runs/").content.decode()
    assert signed_in(None).get("/runs/")["Location"].startswith("/login/")


def test_a_run_without_documents_is_left_out(collection: Collection, owner: User) -> None:
    services.start_run(collection=collection, kind=Run.Kind.UPLOAD, by=owner)
    assert "Nothing has been added yet" in signed_in(owner).get("/runs/").content.decode()


def test_the_number_of_queries_does_not_grow(
    run: Run, collection: Collection, owner: User, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    for number in range(8):
        another = services.start_run(collection=collection, kind=Run.Kind.API, by=owner)
        document = add(collection, f"# Note {number}", f"note-{number}.md")
        Document.objects.filter(pk=document.pk).update(run=another)
    client = signed_in(owner)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        client.get("/runs/")
