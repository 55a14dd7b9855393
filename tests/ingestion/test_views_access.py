"""Every page and action, asked for by owner, editor, viewer, stranger and visitor."""

import pytest
from django.urls import reverse

from accounts.models import User
from ingestion import services
from ingestion.models import Collection, Document, Run
from tests.conftest import signed_in
from tests.ingestion.material import ENGLISH, add

pytestmark = pytest.mark.django_db

OK, LOGIN, FORBIDDEN, MISSING = 200, 302, 403, 404


@pytest.fixture
def document(collection: Collection) -> Document:
    run = services.start_run(collection=collection, kind=Run.Kind.UPLOAD, by=collection.owner)
    document = add(collection, ENGLISH)
    Document.objects.filter(pk=document.pk).update(run=run)
    document.refresh_from_db()
    return document


@pytest.fixture
def people(collection: Collection, owner: User, teammate: User, stranger: User) -> dict[str, User | None]:
    """The teammate reads only; the editor may also change documents."""
    editor = User.objects.create(username="editor")
    services.set_member(collection=collection, user=editor, role="editor")
    everybody: dict[str, User | None] = {"owner": owner, "viewer": teammate, "stranger": stranger}
    return everybody | {"editor": editor, "visitor": None}


def addresses(document: Document) -> dict[str, str]:
    slug = document.collection.slug
    found = {
        name: reverse(name, args=[slug])
        for name in (
            "collection",
            "collection-pulse",
            "collection-people",
            "collection-settings",
            "collection-upload",
            "collection-bulk",
            "collection-delete",
            "collection-index",
        )
    }
    found |= {
        name: reverse(name, args=[document.pk]) for name in ("document", "document-status", "document-file")
    }
    found |= {
        f"document-{action}": reverse("document-action", args=[document.pk, action])
        for action in ("retry", "cancel", "delete")
    }
    found |= {"run": reverse("run", args=[document.run_id])}
    found |= {
        f"run-{action}": reverse("run-action", args=[document.run_id, action])
        for action in ("retry", "cancel")
    }
    return found


READING = ["collection", "collection-pulse", "document", "document-status", "document-file"]


@pytest.mark.parametrize("name", READING)
def test_members_read_and_strangers_find_nothing(
    name: str, document: Document, people: dict[str, User | None]
) -> None:
    address = addresses(document)[name]
    answers = {who: signed_in(user).get(address).status_code for who, user in people.items()}
    assert answers == {"owner": OK, "editor": OK, "viewer": OK, "stranger": MISSING, "visitor": MISSING}


def test_a_run_is_for_those_who_may_read_and_are_signed_in(
    document: Document, people: dict[str, User | None]
) -> None:
    address = addresses(document)["run"]
    answers = {who: signed_in(user).get(address).status_code for who, user in people.items()}
    assert answers == {"owner": OK, "editor": OK, "viewer": OK, "stranger": MISSING, "visitor": LOGIN}


@pytest.mark.parametrize("name", ["collection-people", "collection-settings"])
def test_only_managers_see_people_and_settings(
    name: str, document: Document, people: dict[str, User | None]
) -> None:
    address = addresses(document)[name]
    answers = {who: signed_in(user).get(address).status_code for who, user in people.items()}
    expected = {"owner": OK, "editor": FORBIDDEN, "viewer": FORBIDDEN, "stranger": MISSING, "visitor": LOGIN}
    assert answers == expected


@pytest.mark.parametrize(
    "name",
    [
        "collection-upload",
        "collection-bulk",
        "document-retry",
        "document-cancel",
        "document-delete",
        "run-retry",
        "run-cancel",
    ],
)
@pytest.mark.parametrize(
    ("who", "status"),
    [("viewer", FORBIDDEN), ("stranger", MISSING), ("visitor", LOGIN), ("editor", 302), ("owner", 302)],
)
def test_only_editors_change_documents(
    name: str, who: str, status: int, document: Document, people: dict[str, User | None]
) -> None:
    answer = signed_in(people[who]).post(addresses(document)[name])
    assert answer.status_code == status
    is_login = answer.status_code == LOGIN and answer["Location"].startswith("/login/")
    assert is_login == (who == "visitor")


@pytest.mark.parametrize(
    ("who", "status"),
    [("viewer", FORBIDDEN), ("editor", FORBIDDEN), ("stranger", MISSING), ("visitor", LOGIN), ("owner", 302)],
)
def test_only_managers_delete_a_collection(
    who: str, status: int, document: Document, people: dict[str, User | None]
) -> None:
    address = addresses(document)["collection-delete"]
    answer = signed_in(people[who]).post(address, {"delete-typed": "Handbook"})
    assert answer.status_code == status
    assert Collection.objects.filter(slug="handbook").exists() == (who != "owner")


@pytest.mark.parametrize(
    ("who", "status"),
    [("viewer", FORBIDDEN), ("editor", FORBIDDEN), ("stranger", MISSING), ("visitor", LOGIN), ("owner", 302)],
)
def test_only_managers_build_an_index_anew(
    who: str, status: int, document: Document, people: dict[str, User | None]
) -> None:
    answer = signed_in(people[who]).post(addresses(document)["collection-index"])
    assert answer.status_code == status
    assert Run.objects.filter(kind="reembed").exists() == (who == "owner")


def test_a_public_collection_is_read_without_an_account(document: Document) -> None:
    services.update_collection(collection=document.collection, visibility="public")
    visitor = signed_in(None)
    for name in READING:
        assert visitor.get(addresses(document)[name]).status_code == OK
    assert visitor.post(addresses(document)["collection-upload"])["Location"].startswith("/login/")


def test_nobody_changes_anything_with_a_get(document: Document, owner: User) -> None:
    client = signed_in(owner)
    for name, address in addresses(document).items():
        if name.split("-")[-1] in {"upload", "bulk", "delete", "index", "retry", "cancel"}:
            # A refused form stays at this one address, so a reload leads back to its page.
            assert client.get(address).status_code == (302 if name == "collection-delete" else 405), name
    assert Collection.objects.filter(slug="handbook").exists()
