"""Limits on asking too often: counted in Redis for all processes, in this one where Redis is away."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from accounts import rate_limits
from accounts.models import User
from accounts.rate_limits import TooManyRequests
from accounts.services import create_api_key
from ingestion.models import Collection
from tests.chat.conftest import redis_url as redis_url
from tests.chat.handbook import fill
from tests.conftest import signed_in


@pytest.fixture(autouse=True)
def _counted_anew(settings: Settings) -> Iterator[None]:
    settings.RATE_LIMITS = {"chat": "2/minute", "search": "3/minute", "login": "2/minute"}
    rate_limits.reset()
    yield
    rate_limits.reset()


def test_the_limit_and_the_wait() -> None:
    rate_limits.take("chat", "ada")
    rate_limits.take("chat", "ada")
    with pytest.raises(TooManyRequests) as caught:
        rate_limits.take("chat", "ada")
    assert 1 <= caught.value.retry_after <= 60
    assert str(caught.value.retry_after) in str(caught.value)
    rate_limits.take("chat", "bob")
    rate_limits.take("search", "ada")


def test_a_count_can_begin_anew() -> None:
    for _ in range(2):
        rate_limits.take("login", "ada")
    rate_limits.forget("login", "ada")
    rate_limits.take("login", "ada")


@pytest.mark.parametrize("none", ["off", ""])
def test_a_limit_can_be_switched_off(settings: Settings, none: str) -> None:
    settings.RATE_LIMITS = {"chat": none}
    for _ in range(50):
        rate_limits.take("chat", "ada")


def test_a_limit_that_cannot_be_read_says_how_to_write_it(settings: Settings) -> None:
    settings.RATE_LIMITS = {"chat": "often"}
    with pytest.raises(ImproperlyConfigured, match="30/minute"):
        rate_limits.take("chat", "ada")


def test_redis_counts_for_all_processes(settings: Settings, redis_url: str) -> None:
    settings.REDIS_URL = redis_url
    rate_limits.take("chat", "shared")
    rate_limits.reset()  # another process knows nothing of what this one counted by itself
    rate_limits.take("chat", "shared")
    with pytest.raises(TooManyRequests):
        rate_limits.take("chat", "shared")
    rate_limits.forget("chat", "shared")
    rate_limits.take("chat", "shared")


def test_without_redis_it_goes_on_counting(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = "unix:///nonexistent/redis.sock?db=0"
    for _ in range(2):
        rate_limits.take("chat", "ada")
    with pytest.raises(TooManyRequests):
        rate_limits.take("chat", "ada")
    assert len([line for line in caplog.messages if "Redis is away" in line]) == 1


@pytest.mark.django_db
def test_wrong_passwords_are_slowed(owner: User) -> None:
    client = Client()
    for _ in range(2):
        assert client.post("/login/", {"username": "owner", "password": "no"}).status_code == 200
    refused = client.post("/login/", {"username": "Owner", "password": "owner-secret"})
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) >= 1
    assert "try again in" in refused.content.decode()
    assert 'value="Owner"' in refused.content.decode()
    assert "_auth_user_id" not in client.session
    other = Client(REMOTE_ADDR="203.0.113.9")
    assert other.post("/login/", {"username": "owner", "password": "owner-secret"}).status_code == 302


@pytest.mark.django_db
def test_the_door_of_the_administration_is_slowed_too(admin: User) -> None:
    client = Client()
    given = {"username": "admin", "password": "no"}
    for _ in range(2):
        client.post("/admin/login/", given)
    page = client.post("/admin/login/", given | {"password": "admin-secret"}).content.decode()
    assert "try again in" in page
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_signing_in_begins_the_count_anew(owner: User) -> None:
    for _ in range(5):
        answer = Client().post("/login/", {"username": "owner", "password": "owner-secret"})
        assert answer.status_code == 302


def api(key: str, path: str, **body: object) -> Any:
    headers = {"Authorization": f"Bearer {key}"}
    return Client().post(
        f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers
    )


@pytest.mark.django_db
def test_many_keys_are_no_way_around_the_limit_of_their_person(
    owner: User, teammate: User, collection: Collection
) -> None:
    fill(collection)
    for name in ("first", "second", "third"):
        key = create_api_key(user=owner, name=name)[1]
        assert api(key, "search", query="lighthouse").status_code == 200
    refused = api(create_api_key(user=owner, name="fourth")[1], "search", query="lighthouse")
    assert refused.status_code == 429
    problem = refused.json()
    assert problem["type"] == "/problems/too_many_requests"
    assert refused["Retry-After"] == str(problem["retry_after"])
    assert signed_in(owner).get("/", {"q": "lighthouse"}).status_code == 429
    other = create_api_key(user=teammate, name="theirs")[1]
    assert api(other, "search", query="lighthouse").status_code == 200


def test_what_is_refused_counts_for_nobody() -> None:
    for _ in range(2):
        rate_limits.take("chat", "user ada")
    for _ in range(3):
        with pytest.raises(TooManyRequests):
            rate_limits.take("chat", "key one", "user ada")
    for _ in range(2):
        rate_limits.take("chat", "key one")
    with pytest.raises(TooManyRequests):
        rate_limits.take("chat", "key one", "user bob")


@pytest.mark.django_db
def test_the_chat_of_the_api_is_limited(owner: User, collection: Collection) -> None:
    fill(collection)
    key = create_api_key(user=owner, name="chat")[1]
    answers = [api(key, "chat", question="How high is the lighthouse?").status_code for _ in range(3)]
    assert answers == [200, 200, 429]


@pytest.mark.django_db
def test_the_search_page_keeps_what_was_typed(owner: User, collection: Collection) -> None:
    fill(collection)
    client = signed_in(owner)
    for _ in range(3):
        assert client.get("/", {"q": "lighthouse"}).status_code == 200
    refused = client.get("/", {"q": "lighthouse"})
    assert refused.status_code == 429
    assert "Retry-After" in refused
    html = refused.content.decode()
    assert "try again in" in html
    assert 'value="lighthouse"' in html
    part = client.get("/", {"q": "lighthouse"}, headers={"HX-Request": "true"})
    assert part.status_code == 422
    assert "try again in" in part.content.decode()
    assert client.get("/").status_code == 200


@pytest.mark.django_db
def test_the_chat_page_keeps_the_question(owner: User, collection: Collection) -> None:
    fill(collection)
    client = signed_in(owner)
    given = {"question": "How high is the lighthouse?", "collections": [collection.slug]}
    for _ in range(2):
        assert client.post("/chat/", given).status_code == 302
    page = client.post("/chat/", given)
    assert page.status_code == 429
    assert "How high is the lighthouse?" in page.content.decode()
    assert "try again in" in page.content.decode()
    told = client.post("/chat/", given, headers={"Accept": "application/json"})
    assert (told.status_code, "Retry-After" in told) == (429, True)
    assert "try again in" in told.json()["error"]
