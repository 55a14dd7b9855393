"""POST /api/v1/chat as the contract has it."""

import json
import uuid
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from accounts.models import User
from accounts.services import create_api_key
from chat.models import Conversation, Message
from chat.writers import writers
from ingestion.models import Collection
from tests.chat.handbook import fill
from tests.llm.openai_stub import OpenAIStub, Reply, chunk, spoken

QUESTION = "How high is the lighthouse?"
CITATION_KEYS = {"n", "chunk_id", "document_id", "document", "page", "start", "end", "quote", "url"}


def ask(user: User, **body: Any) -> Any:
    _key, text = create_api_key(user=user, name="test")
    return Client().post(
        "/api/v1/chat",
        json.dumps({"question": QUESTION} | body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )


def events_of(response: Any) -> list[tuple[str, Any]]:
    async def whole() -> bytes:
        return b"".join([piece async for piece in response.streaming_content])

    body = async_to_sync(whole)().decode()
    events = []
    for block in body.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        if lines:
            events.append((lines["event"], json.loads(lines["data"])))
    return events


@pytest.mark.django_db
def test_an_answer_has_the_shape_of_the_contract(owner: User, collection: Collection) -> None:
    fill(collection)
    response = ask(owner, collections=["handbook"])
    answer = response.json()
    assert response.status_code == 200
    assert {"conversation_id", "message_id", "answer", "refused", "citations", "model", "usage"} <= set(
        answer
    )
    assert "42 metres high" in answer["answer"]
    assert not answer["refused"]
    assert set(answer["citations"][0]) >= CITATION_KEYS
    assert answer["model"] == "extractive"
    assert answer["sentences"][0] == {
        "text": answer["sentences"][0]["text"],
        "support": "supported",
        "citations": [1],
    }


@pytest.mark.django_db
def test_a_conversation_goes_on(owner: User, collection: Collection) -> None:
    fill(collection)
    first = ask(owner, collections=["handbook"]).json()
    second = ask(owner, question="Who was its keeper?", conversation_id=first["conversation_id"]).json()
    assert second["conversation_id"] == first["conversation_id"]
    assert "Ada Holm" in second["answer"]
    assert Conversation.objects.count() == 1


@pytest.mark.django_db
def test_others_are_refused(owner: User, stranger: User, collection: Collection) -> None:
    fill(collection)
    theirs = ask(owner, collections=["handbook"]).json()["conversation_id"]
    assert ask(stranger, collections=["handbook"]).status_code == 404
    assert ask(stranger, conversation_id=theirs).status_code == 404
    assert ask(owner, conversation_id=str(uuid.uuid4())).status_code == 404
    visitor = Client().post("/api/v1/chat", {"question": QUESTION}, content_type="application/json")
    assert visitor.status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"question": ""}, 422, "question"),
        ({"question": "x" * 10_000}, 422, "10000 characters"),
        ({"model": "oracle"}, 422, "extractive"),
        ({"collections": ["nowhere"]}, 404, "nowhere"),
    ],
)
def test_bad_requests_are_told_what_to_do(
    owner: User, collection: Collection, body: dict[str, Any], status: int, words: str
) -> None:
    response = ask(owner, **({"collections": ["handbook"]} | body))
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert words in response.json()["detail"]
    assert not Conversation.objects.exists()


@pytest.mark.django_db
def test_nothing_to_search(stranger: User, collection: Collection) -> None:
    response = ask(stranger)
    assert response.status_code == 422
    assert "collection" in response.json()["detail"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("broker")
def test_the_stream_has_tokens_citations_and_the_whole_answer(
    owner: User, collection: Collection, model: OpenAIStub
) -> None:
    fill(collection)
    model.say("It is 42 ", "metres high [1].")
    response = ask(owner, collections=["handbook"], stream=True)
    assert response["Content-Type"].startswith("text/event-stream")
    events = events_of(response)
    tokens = [data["text"] for name, data in events if name == "token"]
    assert "".join(tokens) == "It is 42 metres high [1]."
    assert [name for name, _ in events][-2:] == ["citations", "done"]
    assert events[-1][1]["citations"] == events[-2][1]
    assert events[-1][1]["answer"] == "It is 42 metres high [1]."


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("broker")
def test_a_stream_that_breaks_ends_with_a_problem(
    owner: User, collection: Collection, model: OpenAIStub
) -> None:
    fill(collection)
    model.replies = [Reply(pieces=[chunk({"content": "It is"})], drop=True)]
    events = events_of(ask(owner, collections=["handbook"], stream=True))
    assert events[0] == ("token", {"text": "It is"})
    name, problem = events[-1]
    assert name == "error"
    assert (problem["type"], problem["status"]) == ("/problems/model_unavailable", 503)
    assert "broke off" in problem["detail"]
    assert problem["part"] == "It is"
    writers.wait()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("broker")
def test_what_was_streamed_of_an_answer_that_is_written_anew_is_taken_back(
    owner: User, collection: Collection, model: OpenAIStub
) -> None:
    """Qianfan's ``need_clear_history`` in the middle of an answer to a follow-up."""
    fill(collection)
    model.say("It is 42 metres high [1].")
    first = ask(owner, collections=["handbook"]).json()
    objects = chunk({}, need_clear_history=True)
    model.replies = [
        Reply(pieces=spoken("Who was the keeper of the lighthouse?")),
        Reply(pieces=[chunk({"content": "Its keeper"}), objects]),
        Reply(pieces=spoken("Its keeper was Ada Holm [1].")),
    ]
    question = {"question": "Who was its keeper?", "conversation_id": first["conversation_id"]}
    events = events_of(ask(owner, stream=True, **question))
    assert [name for name, _data in events] == ["token", "reset", "token", "citations", "done"]
    assert events[-1][1]["answer"] == "Its keeper was Ada Holm [1]."
    writers.wait()


@pytest.mark.django_db
def test_an_answer_is_written_again_beside_the_old_one(
    owner: User, teammate: User, collection: Collection, model: OpenAIStub
) -> None:
    fill(collection)
    model.say("It is 42 metres high [1].")
    first = ask(owner, collections=["handbook"]).json()
    _key, text = create_api_key(user=owner, name="again")
    client = Client(headers={"Authorization": f"Bearer {text}"})
    conversation = f"/api/v1/conversations/{first['conversation_id']}"
    address = f"{conversation}/messages/{first['message_id']}/regenerate"
    model.say("The lighthouse has 42 metres [1].")
    again = client.post(address, {}, "application/json").json()
    assert again["message_id"] != first["message_id"]
    assert again["answer"] == "The lighthouse has 42 metres [1]."
    quoted = client.post(address, {"model": "extractive"}, "application/json").json()
    assert quoted["model"] == "extractive"
    (turn,) = client.get(conversation).json()["turns"]
    assert turn["answer"]["id"] == quoted["message_id"]
    assert (turn["answer"]["version"], turn["answer"]["versions"]) == (3, 3)
    (old,) = client.get(conversation, {"through": first["message_id"]}).json()["turns"]
    assert old["answer"]["text"] == first["answer"]
    unknown = client.post(address, {"model": "none"}, "application/json")
    assert (unknown.status_code, unknown.json()["type"]) == (422, "/problems/unknown_model_name")
    Message.objects.filter(pk=again["message_id"]).update(status="streaming")
    busy = client.post(address, {}, "application/json")
    assert (busy.status_code, busy.json()["type"]) == (409, "/problems/still_writing")
    _other, foreign = create_api_key(user=teammate, name="again")
    bearer = {"Authorization": f"Bearer {foreign}"}
    assert Client().post(address, {}, "application/json", headers=bearer).status_code == 404
    described = client.get("/api/v1/openapi.json").json()["paths"]
    assert any(path.endswith("/regenerate") for path in described)
