"""Whatever goes wrong is told: to the person, to programs, and in one line of the log without secrets."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import create_api_key
from chat import failures, services
from chat.models import Conversation, Message
from ingestion import services as ingestion_services
from ingestion.models import Collection, Document
from llm import endpoints
from llm.models import Endpoint
from llm.services import save_endpoint
from tests.chat.handbook import fill
from tests.conftest import signed_in
from tests.llm.openai_stub import OpenAIStub, Reply, chunk

QUESTION = "How high is the lighthouse?"
KEY = "sk-very-secret-key-0123456789"
PART = "It is 42 metres high [1]. "

pytestmark = pytest.mark.django_db


@pytest.fixture
def keyed(stub: OpenAIStub, db: None) -> Iterator[OpenAIStub]:
    """The stub is the site's model, with a key that must never be seen again."""
    endpoint = Endpoint(name="stub", title="Stub", kind="openai", base_url=stub.base_url, model="stub")
    endpoint.timeout_s, endpoint.silence_s, endpoint.patience_s = 2, 0.3, 0
    save_endpoint(endpoint=endpoint, api_key=KEY)
    yield stub
    endpoints.reset()


@pytest.fixture
def conversation(owner: User, collection: Collection) -> Conversation:
    return services.start_conversation(owner=owner, collections=[fill(collection)])


def ask(user: User, **body: Any) -> Any:
    _key, text = create_api_key(user=user, name="test")
    return Client().post(
        "/api/v1/chat",
        json.dumps({"question": QUESTION} | body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )


REFUSALS = {
    "key refused": (401, {"message": f"Incorrect API key provided: {KEY}", "code": "invalid_api_key"}, "key"),
    "quota used up": (429, {"message": "no money", "code": "insufficient_quota"}, "quota"),
    "too many": (429, {"message": "slow down", "code": "rate_limit_exceeded"}, "too many requests"),
    "too long": (400, {"message": "maximum context length is 10", "code": "context_length_exceeded"}, "fit"),
    "blocked": (400, {"message": "unsafe", "code": "content_filter"}, "unsafe"),
    "unknown model": (404, {"message": "no such model", "code": "model_not_found"}, "stub"),
    "down": (503, {"message": f"loading {KEY}"}, "not ready"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_model_that_refuses_is_replaced_and_the_notes_say_why(
    conversation: Conversation,
    owner: User,
    keyed: OpenAIStub,
    caplog: pytest.LogCaptureFixture,
    case: str,
) -> None:
    status, error, words = REFUSALS[case]
    keyed.fail(status, error)
    with caplog.at_level(logging.INFO):
        answer = services.answer_now(conversation=conversation, question=QUESTION)
    assert (answer.status, answer.model) == ("done", "extractive")
    assert "42 metres high" in answer.text
    assert words in " ".join(answer.notes)
    page = signed_in(owner).get(conversation.get_absolute_url()).content.decode()
    assert words in page
    told = [line for line in caplog.messages if str(answer.pk) in line]
    assert len(told) == 1 and words in told[0]
    assert KEY not in caplog.text and KEY not in page and KEY not in json.dumps(answer.notes)


BREAKS = {
    "dropped": Reply(pieces=[chunk({"content": PART})], drop=True),
    "malformed": Reply(pieces=[chunk({"content": PART}), "data: {not json\n\n"]),
    "an error inside": Reply(
        pieces=[chunk({"content": PART}), f"data: {json.dumps({'error': {'message': KEY, 'code': 503}})}\n\n"]
    ),
}


@pytest.mark.parametrize("case", BREAKS)
def test_a_model_that_breaks_off_leaves_its_part_and_a_way_to_try_again(
    conversation: Conversation,
    owner: User,
    keyed: OpenAIStub,
    caplog: pytest.LogCaptureFixture,
    case: str,
) -> None:
    keyed.replies = [BREAKS[case]]
    answer = services.answer_now(conversation=conversation, question=QUESTION)
    assert (answer.status, answer.text) == ("failed", PART.strip())
    assert answer.error and answer.error_code
    assert answer.citations[0]["n"] == 1
    page = signed_in(owner).get(conversation.get_absolute_url()).content.decode()
    assert "breaks off" in page
    assert f"/messages/{answer.pk}/retry" in page
    assert "Try again" in page
    told = [line for line in caplog.messages if str(answer.pk) in line]
    assert len(told) == 1 and answer.error_code in told[0]
    assert KEY not in caplog.text and KEY not in page


def test_a_broken_answer_is_a_problem_object_with_its_part(
    owner: User, collection: Collection, keyed: OpenAIStub
) -> None:
    fill(collection)
    keyed.replies = [BREAKS["dropped"]]
    response = ask(owner, collections=["handbook"])
    problem = response.json()
    assert response.status_code == problem["status"] == 503
    assert problem["type"] == "/problems/model_unavailable"
    assert problem["part"] == PART.strip()
    assert problem["message_id"] == str(Message.objects.get(role="assistant").pk)


def test_each_failure_has_a_type_and_a_fitting_status() -> None:
    codes = {
        "auth_refused": 502,
        "bad_response": 502,
        "unknown_model": 502,
        "quota_used_up": 503,
        "rate_limited": 503,
        "unavailable": 503,
        "silent": 504,
        "context_too_long": 422,
        "blocked": 422,
        "search_unavailable": 503,
        "internal": 500,
    }
    told = {code: failures.failed(Message(status="failed", error="x", error_code=code)) for code in codes}
    assert {code: one.status for code, one in told.items()} == codes
    assert len({one.code for one in told.values()}) == len(codes)
    assert failures.failed(Message(status="interrupted")).code == "interrupted"


def test_an_unknown_conversation_and_an_unknown_model_are_told_apart(
    owner: User, collection: Collection
) -> None:
    fill(collection)
    missing = ask(owner, conversation_id="00000000-0000-0000-0000-000000000000")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/unknown_conversation")
    model = ask(owner, collections=["handbook"], model="oracle")
    assert (model.status_code, model.json()["type"]) == (422, "/problems/unknown_model_name")
    assert "oracle" in model.json()["detail"] and "extractive" in model.json()["detail"]


def test_a_collection_without_documents_is_named_before_anything_is_searched(
    owner: User, collection: Collection
) -> None:
    response = ask(owner, collections=["handbook"])
    assert (response.status_code, response.json()["type"]) == (409, "/problems/no_ready_documents")
    assert "Handbook" in response.json()["detail"] and "add some" in response.json()["detail"]
    given = {"question": QUESTION, "collections": ["handbook"]}
    page = signed_in(owner).post("/chat/", given)
    assert page.status_code == 422
    assert "Handbook" in page.content.decode() and QUESTION in page.content.decode()
    assert not Conversation.objects.exists()


def test_documents_in_work_are_counted(owner: User, collection: Collection) -> None:
    fill(collection)
    Document.objects.update(status="processing", step="index")
    detail = ask(owner, collections=["handbook"]).json()["detail"]
    assert "3 documents" in detail and "still being processed" in detail


def test_one_collection_with_documents_is_enough(owner: User, collection: Collection) -> None:
    fill(collection)
    ingestion_services.create_collection(owner=owner, name="Empty", slug="empty")
    assert ask(owner, collections=["handbook", "empty"]).status_code == 200


def test_a_model_that_is_gone_leaves_the_conversation_readable(
    conversation: Conversation, owner: User
) -> None:
    services.answer_now(conversation=conversation, question=QUESTION)
    Conversation.objects.update(model="gone")
    client = signed_in(owner)
    assert client.get(conversation.get_absolute_url()).status_code == 200
    refused = client.post(f"/chat/{conversation.pk}/ask", {"question": QUESTION})
    assert refused.status_code == 422
    assert "gone" in refused.content.decode()
