"""The pages of sources: who sees and does what, choosing a folder, and what the lists show."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.urls import reverse

from accounts.models import User
from ingestion import services, sources, syncing
from ingestion.models import Collection, Document, Source
from tests.conftest import signed_in
from tests.ingestion.material import ENGLISH, ready
from tests.ingestion.test_reembedding import work

pytestmark = pytest.mark.django_db
LIST, NEW, COUNT = (f"/collections/handbook/sources/{part}" for part in ("", "new/", "count/"))


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    for name in ("manual/one.md", "manual/two.txt", "manual/deep/three.md", "other/four.md"):
        file = tmp_path / "root" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"Text of {name}.")
    with override_settings(SOURCE_ROOTS=[str(tmp_path / "root")]):
        yield tmp_path / "root"


@pytest.fixture
def source(collection: Collection, root: Path) -> Source:
    return sources.add_folder_source(
        collection=collection, by=collection.owner, name="Manuals", root=str(root), path="manual"
    )


def filled(where: Path, **changes: object) -> dict[str, object]:
    fields = {"root": str(where), "path": "manual", "name": "", "include": "", "exclude": "", "interval": 60}
    return {**fields, **changes}


def page(user: User, address: str) -> str:
    return signed_in(user).get(address).content.decode()


def test_an_administrator_browses_to_a_folder_and_adds_it(
    admin: User, collection: Collection, root: Path
) -> None:
    html = page(admin, NEW)
    assert f"?root={root}&amp;path=manual".replace("/", "%2F") in html
    html = page(admin, f"{NEW}?root={root}&path=manual")
    assert "path=manual%2Fdeep" in html
    assert 'name="path" value="manual"' in html
    answer = signed_in(admin).post(NEW, filled(root, include="*.md", exclude="deep"))
    made = Source.objects.get()
    assert answer["Location"] == f"/sources/{made.pk}/"
    assert (made.name, made.folder.path, made.created_by) == ("manual", "manual", admin)
    assert syncing.sync_due(Source.Kind.FOLDER) == 1
    assert set(collection.documents.values_list("name", flat=True)) == {"one.md"}


def test_a_folder_outside_is_refused_beside_the_form(admin: User, collection: Collection, root: Path) -> None:
    for change in ({"path": "../.."}, {"path": "missing"}, {"root": "/etc"}):
        answer = signed_in(admin).post(NEW, filled(root, **change))
        assert answer.status_code == 422, change
    assert not Source.objects.exists()


def test_the_count_follows_the_patterns(admin: User, collection: Collection, root: Path) -> None:
    client = signed_in(admin)

    def counted(**changes: object) -> str:
        return client.get(COUNT, filled(root, **changes)).content.decode()

    assert "3 files match." in counted()
    assert "1 file matches." in counted(include="*.md", exclude="deep/")
    assert "0 files match." in counted(include="*.pdf")
    assert "match" not in counted(root="/etc", path="")
    assert "cannot be read" in counted(path="../other")


def test_only_administrators_choose_folders(
    collection: Collection, owner: User, teammate: User, stranger: User, source: Source, root: Path
) -> None:
    for address in (NEW, COUNT, f"/sources/{source.pk}/edit/"):
        assert signed_in(owner).get(address, filled(root)).status_code == 403
        assert signed_in(teammate).get(address, filled(root)).status_code == 403
        assert signed_in(stranger).get(address, filled(root)).status_code == 404
        assert signed_in(None).get(address)["Location"].startswith("/login/")
    assert signed_in(owner).post(NEW, filled(root, path="other")).status_code == 403
    assert Source.objects.count() == 1


def test_managers_see_sources_and_others_do_not(
    owner: User, teammate: User, stranger: User, source: Source
) -> None:
    for address in (LIST, f"/sources/{source.pk}/", f"/sources/{source.pk}/state/"):
        answers = [signed_in(who).get(address).status_code for who in (owner, teammate, stranger, None)]
        assert answers == [200, 403, 404, 302], address


@pytest.mark.parametrize("action", ["pause", "resume", "sync", "empty", "delete"])
def test_managers_act_and_others_do_not(
    action: str, owner: User, teammate: User, stranger: User, source: Source
) -> None:
    address = f"/sources/{source.pk}/{action}/"
    answers = [signed_in(who).post(address).status_code for who in (teammate, stranger, None, owner)]
    assert answers == [403, 404, 302, 302]
    assert signed_in(owner).get(address).status_code == 405 or action == "delete"


def test_a_source_is_paused_resumed_and_looked_at(owner: User, source: Source) -> None:
    client = signed_in(owner)
    syncing.sync_due(Source.Kind.FOLDER)
    client.post(f"/sources/{source.pk}/pause/")
    html = page(owner, LIST)
    assert "paused" in html
    assert f'action="/sources/{source.pk}/resume/"' in html
    client.post(f"/sources/{source.pk}/resume/", {"next": "/runs/"})
    assert client.post(f"/sources/{source.pk}/sync/", {"next": "https://example.org/"})["Location"] == (
        f"/sources/{source.pk}/"
    )
    source.refresh_from_db()
    assert source.is_due
    assert f'hx-get="/sources/{source.pk}/state/"' in page(owner, f"/sources/{source.pk}/")
    syncing.sync_due(Source.Kind.FOLDER)
    done = client.get(f"/sources/{source.pk}/state/")
    assert done["HX-Refresh"] == "true"
    assert "hx-get" not in done.content.decode()


def test_the_files_are_listed_with_outcome_and_filter(owner: User, source: Source, root: Path) -> None:
    (root / "manual/empty <b>.md").touch()
    syncing.sync_due(Source.Kind.FOLDER)
    html = page(owner, f"/sources/{source.pk}/")
    assert html.index("empty &lt;b&gt;.md") < html.index("deep/three.md")
    assert "The file is empty." in html
    html = page(owner, f"/sources/{source.pk}/?outcome=new&text=deep")
    assert "deep/three.md" in html
    assert "one.md" not in html
    assert "No file matches this filter" in page(owner, f"/sources/{source.pk}/?text=zebra")
    html = page(owner, LIST)
    assert "4 files" in html
    assert "1 failed" in html
    assert "Some files could not be taken." in html


def test_an_emptied_folder_asks_before_it_removes(owner: User, source: Source, root: Path) -> None:
    syncing.sync_due(Source.Kind.FOLDER)
    for file in sorted((root / "manual").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    sources.sync_now(source=source)
    syncing.sync_due(Source.Kind.FOLDER)
    assert f'action="/sources/{source.pk}/empty/"' in page(owner, f"/sources/{source.pk}/")
    assert Document.objects.count() == 3
    signed_in(owner).post(f"/sources/{source.pk}/empty/")
    syncing.sync_due(Source.Kind.FOLDER)
    assert Document.objects.count() == 0


def test_changing_keeps_what_was_set(admin: User, source: Source, root: Path) -> None:
    html = page(admin, f"/sources/{source.pk}/edit/?root={root}&path=other")
    assert 'value="other"' in html
    assert 'value="Manuals"' in html
    signed_in(admin).post(
        f"/sources/{source.pk}/edit/", filled(root, path="other", name="Others", interval=0)
    )
    source.refresh_from_db()
    assert (source.name, source.folder.path, source.every) == ("Others", "other", None)


def test_a_source_is_removed_with_its_documents(owner: User, source: Source) -> None:
    syncing.sync_due(Source.Kind.FOLDER)
    html = (
        signed_in(owner)
        .post(f"/sources/{source.pk}/delete/", {"with_documents": "on"}, follow=True)
        .content.decode()
    )
    assert "3 documents are deleted" in html
    assert "No sources yet" in html
    assert not Source.objects.exists()


def test_without_roots_the_page_says_what_to_set(admin: User, owner: User, collection: Collection) -> None:
    with override_settings(SOURCE_ROOTS=[]):
        assert "SOURCE_ROOTS=" in page(admin, LIST)
        assert "SOURCE_ROOTS=" in page(admin, NEW)
    assert "An administrator can" in page(owner, LIST)


def test_runs_name_their_source_and_pause_it(owner: User, teammate: User, source: Source) -> None:
    syncing.sync_due(Source.Kind.FOLDER)
    html = page(owner, "/runs/")
    assert f'action="/sources/{source.pk}/pause/"' in html
    assert "Manuals" in html
    assert "/pause/" not in page(teammate, "/runs/")
    sources.set_paused(source=source, paused=True)
    html = page(owner, "/runs/")
    assert f'action="/sources/{source.pk}/resume/"' in html
    assert "paused" in html


def test_the_number_of_queries_does_not_grow(
    owner: User, source: Source, root: Path, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(12):
        (root / "other" / f"{number}.md").write_text(f"Text {number}")
    for number in range(5):
        sources.add_folder_source(
            collection=source.collection, by=owner, name=f"S{number}", root=str(root), path="other"
        )
    syncing.sync_due(Source.Kind.FOLDER)
    client = signed_in(owner)
    many = Source.objects.get(name="S0")
    for address, most in ((LIST, 9), (reverse("source", args=[many.pk]), 12), ("/runs/", 12)):
        with django_assert_max_num_queries(most):
            assert client.get(address).status_code == 200


def test_an_editor_reads_a_document_again_and_replaces_its_file(
    collection: Collection, owner: User, teammate: User, stranger: User
) -> None:
    services.set_member(collection=collection, user=stranger, role="editor")
    document = ready(collection, ENGLISH)
    client = signed_in(stranger)
    address = document.get_absolute_url()
    html = client.get(address).content.decode()
    assert f'action="{address}reread/"' in html
    assert f'action="{address}replace/"' in html
    assert "reread" not in page(teammate, address)
    for part in ("reread/", "replace/", "keep/"):
        assert signed_in(teammate).post(address + part).status_code == 403
    client.post(f"{address}reread/", {"next": address})
    html = client.get(address).content.decode()
    assert "being updated" in html
    assert f'hx-get="{address}status/"' in html
    assert "being updated" in client.get("/collections/handbook/").content.decode()
    update = Document.objects.get(replaces=document)
    assert client.get(f"/documents/{update.pk}/").status_code == 404
    client.post(f"{address}keep/", {"next": address})
    assert not Document.objects.filter(replaces=document).exists()
    file = io.BytesIO(b"# Newer\n\nThe otter swims.")
    file.name = "newer.md"
    client.post(f"{address}replace/", {"file": file})
    work()
    document.refresh_from_db()
    assert (document.name, document.title) == ("newer.md", "Newer")
    assert "The otter swims." in client.get(address).content.decode()
    file.seek(0)
    answer = client.post(f"{address}replace/", {"file": file}, follow=True)
    assert "the same file as before" in answer.content.decode()
    bad = io.BytesIO(bytes(range(9)) * 20)
    bad.name = "bad.md"
    client.post(f"{address}replace/", {"file": bad})
    work()
    html = client.get(address).content.decode()
    assert "The update failed" in html
    assert "Retry the update" in html
    assert "The otter swims." in html


def test_uploading_the_same_name_updates_and_says_so(collection: Collection, owner: User) -> None:
    client = signed_in(owner)

    def upload(text: bytes, name: str = "a.md", path: str = "", run: str = "") -> dict[str, Any]:
        file = io.BytesIO(text)
        file.name = name
        data = {"file": file, "path": path, "run": run}
        answer = client.post("/collections/handbook/upload/", data, headers={"X-Requested-With": "fetch"})
        return dict(answer.json())

    first = upload(b"# One")
    again = upload(b"# Two")
    assert (again["id"], again["updated"], again["duplicate"]) == (first["id"], True, False)
    assert "updates “a.md”" in again["detail"]
    assert upload(b"# Two")["duplicate"]
    assert collection.documents.count() == 1
    other = upload(b"# Three", path="folder/a.md")
    assert (other["updated"], Document.objects.get(pk=other["id"]).name) == (False, "folder/a.md")
    twice = upload(b"# Four", run=other["run"], path="folder/a.md")
    assert not twice["updated"]
    assert upload(b"# Five", path="elsewhere/b.md")["updated"]
