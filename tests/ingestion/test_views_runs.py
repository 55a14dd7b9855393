"""The runs page and its one-row updates."""

import pytest
from django.utils import timezone, translation

from accounts.models import User
from ingestion import indexing, reembedding, services
from ingestion.models import Collection, Document, Generation, Run
from tests.conftest import signed_in
from tests.ingestion.material import ENGLISH, add, extract_all, ready

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(collection: Collection) -> Run:
    """Two documents: one waits, one failed."""
    run = services.start_run(collection=collection, kind=Run.Kind.UPLOAD, by=collection.owner)
    waiting, failed = add(collection, "# One", "one.md"), add(collection, "# Two", "two.md")
    Document.objects.filter(pk__in=[waiting.pk, failed.pk]).update(run=run)
    Document.objects.filter(pk=failed.pk).update(status="failed", error="The file is damaged.")
    return run


def test_a_run_is_shown_by_itself_too(run: Run, owner: User) -> None:
    client = signed_in(owner)
    html = client.get("/runs/").content.decode()
    assert "<live-runs" in html
    assert "The file is damaged." in html
    client.post(f"/runs/{run.pk}/cancel/")
    part = client.get(f"/runs/{run.pk}/").content.decode()
    assert 'data-state="failed"' in part
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


def test_a_run_shows_what_its_documents_are_doing(run: Run, owner: User) -> None:
    document = add(run.collection, ENGLISH, "read.md", run)
    Document.objects.filter(pk=document.pk).update(
        status="processing", step="index", pages=8, chunk_count=40, indexed_count=10
    )
    Run.objects.update(rate=4.25, rate_at=timezone.now())
    html = signed_in(owner).get("/runs/").content.decode()
    for shown in ("0 of 3 ready", "1 queued", "1 being indexed", "1 failed", "2 of 8 pages"):
        assert shown in html
    assert "10 of 40 passages" in html
    assert "4.2 passages/s" in html
    assert "left</p>" in html


def test_everything_that_failed_is_retried_at_once(run: Run, owner: User, teammate: User) -> None:
    assert "retry-failed" not in signed_in(teammate).get("/runs/").content.decode()
    signed_in(teammate).post("/runs/retry-failed/")
    assert run.documents.filter(status="failed").count() == 1
    client = signed_in(owner)
    assert 'action="/runs/retry-failed/"' in client.get("/runs/").content.decode()
    html = client.post("/runs/retry-failed/", follow=True).content.decode()
    assert "1 document is tried again." in html
    assert 'action="/runs/retry-failed/"' not in html
    assert not run.documents.filter(status="failed").exists()
    assert signed_in(None).post("/runs/retry-failed/")["Location"].startswith("/login/")
    assert client.get("/runs/retry-failed/").status_code == 405


def test_a_new_index_is_watched_cancelled_and_begun_again(collection: Collection, owner: User) -> None:
    ready(collection, ENGLISH)
    rebuild = reembedding.start_reembedding(collection, owner)
    client = signed_in(owner)
    html = client.get("/runs/").content.decode()
    assert f'id="run-{rebuild.pk}" data-state="running"' in html
    assert "Search goes on with the old index" in html
    client.post(f"/runs/{rebuild.pk}/cancel/")
    stopped = client.get(f"/runs/{rebuild.pk}/").content.decode()
    assert 'data-state="cancelled"' in stopped
    assert "queued" not in stopped
    client.post(f"/runs/{rebuild.pk}/retry/")
    again = client.post(f"/runs/{rebuild.pk}/retry/", follow=True).content.decode()
    assert "is being built already" in again
    extract_all()
    indexing.index_all()
    newest = Run.objects.filter(kind="reembed").latest("created_at")
    assert newest.pk != rebuild.pk
    assert 'data-state="ready"' in client.get(f"/runs/{newest.pk}/").content.decode()


def test_why_a_new_index_failed_is_told_in_the_readers_language(collection: Collection, owner: User) -> None:
    rebuild = reembedding.start_reembedding(collection, owner)
    reason = "The new index stayed incomplete after several repairs. Start again."
    reembedding.fail_build(Generation.objects.get(run=rebuild), reason)
    client = signed_in(owner)
    assert reason in client.get("/runs/").content.decode()
    with translation.override("zh-hans"):
        told = translation.gettext(reason)
    assert told != reason
    client.cookies["django_language"] = "zh-hans"
    assert told in client.get("/runs/", headers={"Accept-Language": "zh-hans"}).content.decode()


def test_a_new_index_is_for_managers(collection: Collection, owner: User, stranger: User) -> None:
    services.set_member(collection=collection, user=stranger, role="editor")
    rebuild = reembedding.start_reembedding(collection, owner)
    editor = signed_in(stranger)
    html = editor.get("/runs/").content.decode()
    assert f"run-{rebuild.pk}" in html
    assert f'action="/runs/{rebuild.pk}' not in html
    assert editor.post(f"/runs/{rebuild.pk}/cancel/").status_code == 403
    assert Generation.objects.filter(run=rebuild, state="building").exists()


def test_the_number_of_queries_does_not_grow(
    run: Run, collection: Collection, owner: User, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    for number in range(8):
        another = services.start_run(collection=collection, kind=Run.Kind.API, by=owner)
        document = add(collection, f"# Note {number}", f"note-{number}.md")
        Document.objects.filter(pk=document.pk).update(run=another)
    reembedding.start_reembedding(collection, owner)
    client = signed_in(owner)
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        client.get("/runs/")


def test_the_list_is_asked_for_as_a_whole_and_only_sent_when_it_changed(
    run: Run, collection: Collection, owner: User
) -> None:
    client = signed_in(owner)
    script = {"X-Requested-With": "fetch"}
    first = client.get("/runs/", headers=script)
    assert "<html" not in first.content.decode() and f"run-{run.pk}" in first.content.decode()
    known = script | {"If-None-Match": first["ETag"]}
    assert client.get("/runs/", headers=known).status_code == 304
    another = services.start_run(collection=collection, kind=Run.Kind.API, by=owner)
    add(collection, ENGLISH, "new.md", another)
    newer = client.get("/runs/", headers=known)
    assert newer.status_code == 200
    html = newer.content.decode()
    assert html.index(f"run-{another.pk}") < html.index(f"run-{run.pk}")


def test_runs_are_filtered_by_state_and_collection(run: Run, collection: Collection, owner: User) -> None:
    elsewhere = services.create_collection(owner=owner, name="Elsewhere", slug="elsewhere")
    done = services.start_run(collection=elsewhere, kind=Run.Kind.API, by=owner)
    Document.objects.filter(pk=add(elsewhere, ENGLISH, "done.md", done).pk).update(status="ready")
    working = services.start_run(collection=elsewhere, kind=Run.Kind.API, by=owner)
    Document.objects.filter(pk=add(elsewhere, "# W", "w.md", working).pk).update(status="processing")
    client = signed_in(owner)

    def shown(query: str) -> set[str]:
        html = client.get(f"/runs/?{query}").content.decode()
        return {
            name
            for name, each in (("run", run), ("done", done), ("working", working))
            if str(each.pk) in html
        }

    assert shown("") == {"run", "done", "working"}
    assert shown("state=queued") == {"run"}
    assert shown("state=failed") == {"run"}
    assert shown("state=done") == {"done"}
    assert shown("state=running") == {"working"}
    assert shown("collection=elsewhere") == {"done", "working"}
    assert shown("collection=elsewhere&state=failed") == set()
    assert "No run matches" in client.get("/runs/?collection=elsewhere&state=failed").content.decode()


def test_pages_of_a_document_that_is_being_read_are_counted(run: Run, owner: User) -> None:
    document = add(run.collection, ENGLISH, "scan.md", run)
    Document.objects.filter(pk=document.pk).update(status="processing", pages_read=120, pages_total=300)
    assert "1 being read (page 120 of 300)" in signed_in(owner).get("/runs/").content.decode()
