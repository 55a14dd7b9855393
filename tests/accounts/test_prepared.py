from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ApiKey, User
from accounts.prepared import Prepared, Slot, columns, instance
from accounts.services import create_api_key, revoke_api_key, user_for_api_key

pytestmark = pytest.mark.django_db


def _keys(user: int | Slot, ids: list[Any]) -> QuerySet[ApiKey, Any]:
    """Of the user, or of somebody who has a key with such an id."""
    same = ApiKey.objects.filter(user=OuterRef("user"), id__in=ids)
    keys = ApiKey.objects.filter(Q(user=user) | Exists(same)).order_by("created_at")
    return keys.values_list("pk", "created_at", "last_used_at", "user__is_active", "user__username")


def test_it_answers_as_its_queryset_does(owner: User, teammate: User, stranger: User) -> None:
    keys = [create_api_key(user=user, name="one")[0].pk for user in (owner, teammate, teammate, stranger)]
    ApiKey.objects.filter(pk=keys[1]).update(last_used_at=timezone.now() - timedelta(days=3))
    prepared = Prepared(_keys)
    for user, ids in [(owner, keys[:1]), (owner, keys[1:3]), (owner, keys[3:]), (stranger, keys[:2])]:
        expected = list(_keys(user.pk, ids))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert prepared.rows(user.pk, ids) == expected
        assert len(queries) == 1
        assert len(expected) > 1 or user == owner
    assert prepared.rows(owner.pk, []) == []


def test_rows_become_models(owner: User) -> None:
    people = Prepared(lambda name: User.objects.filter(username=name).values_list(*columns(User)))
    found = instance(User, columns(User), people.rows(owner.username)[0])
    assert found == owner
    assert found.get_deferred_fields() == set()
    assert (found.date_joined, found.password) == (owner.date_joined, owner.password)
    found.first_name = "Ada"
    found.save()
    owner.refresh_from_db()
    assert owner.first_name == "Ada"


def test_a_model_of_a_few_columns_reads_the_others_when_they_are_asked_for(owner: User) -> None:
    names = columns(User, "id", "username")
    people = Prepared(lambda name: User.objects.filter(username=name).values_list(*names))
    found = instance(User, names, people.rows(owner.username)[0])
    with CaptureQueriesContext(connection) as queries:
        assert found.username == owner.username
        assert not queries
        assert found.date_joined == owner.date_joined
        assert len(queries) == 1
    found.save()
    assert User.objects.filter(username=owner.username).count() == 1


def test_columns_stand_in_the_order_of_the_model() -> None:
    assert columns(User, "username", "id", "password") == ["id", "password", "username"]
    with pytest.raises(ValueError, match="no column surname"):
        columns(User, "surname", "id")


def test_a_key_counts_until_it_is_revoked_or_its_user_is_shut_out(owner: User) -> None:
    key, text = create_api_key(user=owner, name="one")
    assert user_for_api_key(text) == owner
    assert user_for_api_key(text + "x") is None
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert user_for_api_key(text) is None
    User.objects.filter(pk=owner.pk).update(is_active=True)
    assert user_for_api_key(text) == owner
    revoke_api_key(user=owner, key_id=str(key.pk))
    assert user_for_api_key(text) is None
