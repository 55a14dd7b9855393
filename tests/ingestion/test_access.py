import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.models import User
from accounts.roles import Action, Role, Visibility
from ingestion import access, services
from ingestion.models import Collection

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("visibility", "role", "who", "highest"),
    [
        (Visibility.PRIVATE, None, "owner", Action.MANAGE),
        (Visibility.PRIVATE, None, "admin", Action.MANAGE),
        (Visibility.PRIVATE, Role.VIEWER, "teammate", Action.READ),
        (Visibility.PRIVATE, Role.EDITOR, "teammate", Action.EDIT),
        (Visibility.PRIVATE, Role.MANAGER, "teammate", Action.MANAGE),
        (Visibility.PRIVATE, None, "stranger", None),
        (Visibility.PRIVATE, None, "visitor", None),
        (Visibility.SIGNED_IN, None, "stranger", Action.READ),
        (Visibility.SIGNED_IN, None, "visitor", None),
        (Visibility.PUBLIC, None, "stranger", Action.READ),
        (Visibility.PUBLIC, None, "visitor", Action.READ),
    ],
)
def test_who_may_do_what(
    owner: User,
    teammate: User,
    stranger: User,
    admin: User,
    visibility: str,
    role: str | None,
    who: str,
    highest: Action,
) -> None:
    people = {
        "owner": owner,
        "teammate": teammate,
        "stranger": stranger,
        "admin": admin,
        "visitor": AnonymousUser(),
    }
    collection = services.create_collection(owner=owner, name="Handbook", visibility=visibility)
    if role:
        services.set_member(collection=collection, user=teammate, role=role)
    for action in Action:
        allowed = highest is not None and action <= highest
        assert access.may(people[who], collection, action) is allowed


def test_a_stranger_learns_nothing_and_a_viewer_is_told(
    collection: Collection, teammate: User, stranger: User
) -> None:
    with pytest.raises(Http404):
        access.get_collection(stranger, "handbook", Action.EDIT)
    with pytest.raises(PermissionDenied):
        access.get_collection(teammate, "handbook", Action.EDIT)
    assert access.get_collection(teammate, "handbook") == collection


def test_scratch_collections_are_seen_by_nobody(admin: User) -> None:
    services.create_collection(owner=admin, name="Scratch", is_scratch=True)
    assert not access.collections_for(admin).exists()


def test_several_by_their_names(owner: User, teammate: User, stranger: User) -> None:
    first, second = (services.create_collection(owner=owner, name=name, slug=name) for name in ("one", "two"))
    assert access.get_collections(owner, ["two", "one", "two"]) == [second, first]
    for person, names in ((stranger, ["one"]), (owner, ["one", "none"])):
        with pytest.raises(Http404, match="There is no collection"):
            access.get_collections(person, names)
    assert access.get_collections(stranger, []) == []
