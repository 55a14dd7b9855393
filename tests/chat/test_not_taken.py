"""Questions that are not taken leave a line in the log, and say what to do."""

import json
import logging
import uuid
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import rate_limits
from accounts.models import User
from accounts.services import create_api_key
from chat import services
from chat.models import Conversation
from ingestion.models import Collection
from tests.chat.handbook import fill
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db
SECRET = "my secret question"
TOO_LONG = SECRET * 1000
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def conversation(owner: User, collection: Collection) -> Conversation:
    return services.start_conversation(owner=owner, collections=[fill(collection)])


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    found = [record.getMessage() for record in caplog.records if record.name == "chat.not_taken"]
    assert SECRET not in caplog.text
    return found


def api(user: User, **body: Any) -> Any:
    _key, text = create_api_key(user=user, name="test")
    return Client().post(
        "/api/v1/chat",
        json.dumps({"question": SECRET} | body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )


def test_each_refusal_of_a_page_is_one_line(
    conversation: Conversation, owner: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    address = f"/chat/{conversation.pk}/ask"
    for headers in ({}, SCRIPT):
        assert signed_in(owner).post(address, {"question": TOO_LONG}, headers=headers).status_code == 422
    assert lines(caplog) == [f"question refused (too_long) for user {owner.pk}"] * 2


def test_a_first_question_that_is_refused_is_one_line(
    owner: User, collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client = signed_in(owner)
    client.post("/chat/", {"question": SECRET, "collections": [collection.slug]})
    client.post("/chat/", {"question": SECRET, "collections": ["nowhere"]}, headers=SCRIPT)
    assert lines(caplog) == [
        f"question refused (no_ready_documents) for user {owner.pk}",
        f"question refused (invalid_form) for user {owner.pk}",
    ]


def test_each_refusal_of_the_api_is_one_line(
    conversation: Conversation, owner: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert api(owner, question=TOO_LONG).status_code == 422
    assert api(owner, model="oracle").status_code == 422
    assert api(owner, conversation_id=str(uuid.uuid4())).status_code == 404
    codes = ("too_long", "unknown_model_name", "unknown_conversation")
    assert lines(caplog) == [f"question refused ({code}) for user {owner.pk}" for code in codes]


def test_asking_too_often_is_logged(
    conversation: Conversation, owner: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"chat": "1/hour"}
    rate_limits.reset()
    client = signed_in(owner)
    client.post(f"/chat/{conversation.pk}/ask", {"question": SECRET})
    answer = client.post(f"/chat/{conversation.pk}/ask", {"question": SECRET}, headers=SCRIPT)
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)
    assert [api(owner).status_code for _ in range(2)][-1] == 429
    assert set(lines(caplog)) == {f"question refused (too_many_requests) for user {owner.pk}"}
    rate_limits.reset()


def test_a_question_that_is_taken_is_not_logged(
    conversation: Conversation, owner: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert signed_in(owner).post(f"/chat/{conversation.pk}/ask", {"question": SECRET}).status_code == 302
    assert lines(caplog) == []


def posts(conversation_id: object) -> list[str]:
    message = f"/chat/{conversation_id}/messages/{uuid.uuid4()}"
    base = f"/chat/{conversation_id}"
    return [f"{base}/ask", f"{base}/settings", f"{base}/delete", f"{message}/stop", f"{message}/retry"]


def test_our_script_is_told_that_a_conversation_is_gone(
    conversation: Conversation, owner: User, stranger: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for person, address in ((owner, uuid.uuid4()), (stranger, conversation.pk)):
        for post in posts(address):
            answer = signed_in(person).post(post, {"question": SECRET}, headers=SCRIPT)
            assert answer.status_code == 404
            assert answer.json()["error"].startswith("This conversation no longer exists")
    assert set(lines(caplog)) == {
        f"question refused (unknown_conversation) for user {person.pk}" for person in (owner, stranger)
    }
    state = signed_in(owner).get(f"/chat/{uuid.uuid4()}/state", headers=SCRIPT)
    assert state.json()["error"].startswith("This conversation no longer exists")


def test_a_page_says_so_and_carries_the_question_over(owner: User, collection: Collection) -> None:
    fill(collection)
    client = signed_in(owner)
    for post in posts(uuid.uuid4()):
        answer = client.post(post, {"question": "Why & how?"})
        assert answer.status_code == 404
        assert "This conversation no longer exists" in answer.content.decode()
    html = client.post(f"/chat/{uuid.uuid4()}/ask", {"question": "Why & how?"}).content.decode()
    assert 'href="/chat/?q=Why+%26+how%3F"' in html
    assert "Why &amp; how?" in client.get("/chat/?q=Why+%26+how%3F").content.decode()
    assert 'href="/chat/"' in client.get(f"/chat/{uuid.uuid4()}/").content.decode()
