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
from llm.errors import LLMError
from llm.models import Endpoint
from llm.services import delete_endpoint, save_endpoint
from tests.chat.handbook import fill
from tests.chat.test_api import events_of
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
    "down": (503, {"message": f"loading {KEY}"}, "load"),
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
        "loading": 503,
        "key_lost": 502,
        "history_refused": 422,
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


def test_a_model_that_is_gone_gives_way_to_the_sites_default(
    conversation: Conversation, owner: User, keyed: OpenAIStub
) -> None:
    Conversation.objects.update(model="gone")
    client = signed_in(owner)
    assert client.get(conversation.get_absolute_url()).status_code == 200
    keyed.say("It is 42 metres high [1].")
    assert client.post(f"/chat/{conversation.pk}/ask", {"question": QUESTION}).status_code == 302
    answer = conversation.messages.get(role="assistant")
    assert (answer.status, answer.model) == ("done", "stub")
    assert "The chosen model “gone” is no longer in use here" in answer.notes[0]
    (problem,) = failures.problems(answer)
    assert (problem["type"], problem["endpoint"]) == ("/problems/unknown_model_name", "gone")


def test_a_model_that_is_switched_off_or_deleted_does_not_block_its_collections(
    conversation: Conversation, collection: Collection, keyed: OpenAIStub
) -> None:
    chosen = Endpoint(name="chosen", title="Chosen", kind="openai", base_url=keyed.base_url, model="chosen")
    save_endpoint(endpoint=chosen)
    ingestion_services.update_collection(collection=collection, llm="chosen")
    keyed.say("It is 42 metres high [1].")
    models = [services.answer_now(conversation=conversation, question=QUESTION).model]
    chosen.is_enabled = False
    save_endpoint(endpoint=chosen)
    models.append(services.answer_now(conversation=conversation, question=QUESTION).model)
    delete_endpoint(endpoint=chosen)
    answer = services.answer_now(conversation=conversation, question=QUESTION)
    assert [*models, answer.model] == ["chosen", "stub", "stub"]
    assert "The chosen model “chosen” is no longer" in answer.notes[0]


def test_a_choice_that_is_gone_leaves_the_one_of_the_collections(
    conversation: Conversation, collection: Collection, keyed: OpenAIStub
) -> None:
    ingestion_services.update_collection(collection=collection, llm="extractive")
    Conversation.objects.update(model="gone")
    conversation.refresh_from_db()
    assert services.answer_now(conversation=conversation, question=QUESTION).model == "extractive"
    assert keyed.chats == []


def test_why_a_model_was_replaced_is_told_to_programs(
    owner: User, collection: Collection, keyed: OpenAIStub, caplog: pytest.LogCaptureFixture
) -> None:
    fill(collection)
    status, error, _words = REFUSALS["key refused"]
    keyed.fail(status, error)
    response = ask(owner, collections=["handbook"])
    told = response.json()
    assert (response.status_code, told["model"]) == (200, "extractive")
    (problem,) = told["problems"]
    assert problem["detail"] in told["notes"][0]
    assert problem == {
        "type": "/problems/model_auth_refused",
        "title": "Bad Gateway",
        "status": 502,
        "detail": problem["detail"],
        "endpoint": "stub",
    }
    assert len([line for line in caplog.messages if told["message_id"] in line]) == 1
    assert KEY not in response.content.decode() and KEY not in caplog.text


def test_an_answer_without_trouble_has_no_problems(owner: User, collection: Collection) -> None:
    fill(collection)
    assert ask(owner, collections=["handbook"]).json()["problems"] == []


def test_the_wait_that_a_server_asked_for_is_passed_on(
    owner: User, collection: Collection, keyed: OpenAIStub
) -> None:
    fill(collection)
    keyed.replies = [
        Reply(status=429, body={"error": {"message": "slow"}}, headers={"Retry-After": "17"}),
    ]
    (problem,) = ask(owner, collections=["handbook"]).json()["problems"]
    assert (problem["type"], problem["retry_after"]) == ("/problems/model_rate_limited", 17)
    keyed.replies = [BREAKS["dropped"]]
    broken = ask(owner, collections=["handbook"])
    assert (broken.status_code, broken["Retry-After"]) == (503, str(failures.BUSY_RETRY_S))
    assert [one["endpoint"] for one in broken.json()["problems"]] == ["stub"]


def test_a_failed_answer_says_when_to_ask_again() -> None:
    failure = {
        "code": "rate_limited",
        "message": "x",
        "endpoint": "e",
        "retry_after": 17.2,
        "permanent": False,
    }
    message = Message(status="failed", error="x", error_code="rate_limited", failures=[failure])
    assert failures.failed(message).retry_after == 17.2
    message.failures = []
    assert failures.failed(message).retry_after == failures.BUSY_RETRY_S
    message.error_code = "quota_used_up"
    assert failures.failed(message).retry_after is None


def test_every_error_of_a_model_has_a_type_of_its_own() -> None:
    def kinds(of: type[LLMError]) -> list[type[LLMError]]:
        return [of, *(kind for below in of.__subclasses__() for kind in kinds(below))]

    for kind in kinds(LLMError):
        told = failures.failed(Message(status="failed", error="x", error_code=kind.code))
        assert told.code == f"model_{kind.code}", kind


def _everywhere(user: User, collection: Collection, document: Document) -> dict[str, str]:
    """What ``user`` reads of a model that is away: in pages, streams and the API."""
    conversation = services.start_conversation(owner=user, collections=[collection])
    answer = services.answer_now(conversation=conversation, question=QUESTION)
    Message.objects.filter(pk=answer.pk).update(
        status="failed", text="", error=answer.failures[-1]["message"]
    )
    client, of_document = signed_in(user), f"/documents/{document.pk}/insights"
    _key, text = create_api_key(user=user, name="test")
    program = Client(headers={"Authorization": f"Bearer {text}"})
    insight = program.post(f"/api/v1{of_document}", {"kind": "sentiment", "wait": True}, "application/json")
    assert insight.json()["status"] == "failed"
    run = {"prompt": "plain", "v-prompt": "Say hello.", "model": ["stub"]}
    shown = {
        "page": client.get(conversation.get_absolute_url()),
        "file": client.get(f"{conversation.get_absolute_url()}export", {"format": "json"}),
        "answer": ask(user, collections=[collection.slug]),
        "stream": ask(user, collections=[collection.slug], stream=True),
        "insight": insight,
        "insights": client.get(f"{of_document}/?kind=sentiment"),
        "playground": client.post("/prompts/playground/", run),
    }
    return {
        name: str(events_of(response)) if response.streaming else response.content.decode()
        for name, response in shown.items()
    }


@pytest.mark.django_db(transaction=True)
def test_addresses_of_models_are_for_administrators(
    collection: Collection, owner: User, admin: User, broker: str, keyed: OpenAIStub
) -> None:
    document = fill(collection).documents.first()
    assert document is not None
    keyed.fail(500, {"message": f"upstream llm-7.internal is down, key {KEY}"})
    host = keyed.base_url.removeprefix("http://").partition("/")[0]
    for name, text in _everywhere(owner, collection, document).items():
        assert host not in text and "llm-7.internal" not in text and KEY not in text, name
        assert name == "file" or "ask an administrator" in text, name
    endpoints.reset()
    seen = _everywhere(admin, collection, document)
    for name in ("page", "answer", "insights", "playground"):
        assert host in seen[name] and KEY not in seen[name], name
