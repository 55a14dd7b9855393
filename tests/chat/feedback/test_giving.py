"""Thumbs, what is said besides, and whose answers can be rated."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import create_api_key
from chat import services as chat
from chat.models import Conversation, Feedback, Message
from ingestion.models import Collection
from tests.chat.handbook import fill
from tests.conftest import signed_in
from tests.llm.openai_stub import OpenAIStub

QUESTION = "How high is the lighthouse?"
JSON = {"Accept": "application/json"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def answer(owner: User, collection: Collection) -> Message:
    made = chat.start_conversation(owner=owner, collections=[fill(collection)])
    return chat.answer_now(conversation=made, question=QUESTION)


def test_one_click_stores_the_answer_with_all_it_rests_on(answer: Message, owner: User) -> None:
    client = signed_in(owner)
    back = client.post(f"/answers/{answer.pk}/feedback/", {"thumb": "down"})
    assert back["Location"] == f"/chat/{answer.conversation_id}/#feedback-{answer.pk}"
    feedback = Feedback.objects.get()
    assert (feedback.question, feedback.answer, feedback.model) == (QUESTION, answer.text, "extractive")
    assert feedback.shown["citations"] == answer.citations and feedback.shown["sources"] == answer.sources
    assert [each.slug for each in feedback.collections.all()] == ["handbook"]
    said = {
        "reasons": ["wrong", "correct"],
        "accuracy": "2",
        "comment": "It is 43.",
        "better_answer": "43 m.",
    }
    client.post(f"/answers/{answer.pk}/feedback/details/", said)
    feedback.refresh_from_db()
    assert (feedback.reasons, feedback.accuracy, feedback.ethics) == (["wrong"], 2, None)
    page = client.get(f"/chat/{answer.conversation_id}/").content.decode()
    assert 'value="down" aria-pressed="true"' in page and "It is 43." in page and "43 m." in page
    turned = client.post(f"/answers/{answer.pk}/feedback/", {"thumb": "up"}, headers=JSON).json()
    feedback.refresh_from_db()
    assert (feedback.thumb, feedback.reasons, feedback.comment) == ("up", [], "It is 43.")
    assert 'value="up" aria-pressed="true"' in turned["html"]


def test_a_score_out_of_range_is_refused_beside_its_field_and_nothing_typed_is_lost(
    answer: Message, owner: User
) -> None:
    client = signed_in(owner)
    client.post(f"/answers/{answer.pk}/feedback/", {"thumb": "up"})
    wrong = {"satisfaction": "9", "comment": "words that stay"}
    refused = client.post(f"/answers/{answer.pk}/feedback/details/", wrong)
    assert refused.status_code == 422 and "words that stay" in refused.content.decode()
    assert Feedback.objects.get().comment == ""
    pasted = client.post(f"/answers/{answer.pk}/feedback/details/", {"better_answer": "y" * 20_001})
    html = pasted.content.decode()
    assert pasted.status_code == 422 and "y" * 20_001 in html and "20000" in html
    assert "maxlength" not in html.split('name="comment"')[1].split("</form>")[0]
    stray = client.get(f"/answers/{answer.pk}/feedback/")
    assert (stray.status_code, stray.headers["Allow"]) == (405, "POST")
    assert "nothing was changed" in stray.content.decode()


def test_feedback_outlives_the_conversation_until_it_is_withdrawn(answer: Message, owner: User) -> None:
    client = signed_in(owner)
    client.post(f"/answers/{answer.pk}/feedback/", {"thumb": "up"})
    client.post(f"/chat/{answer.conversation_id}/delete")
    assert not Conversation.objects.exists()
    feedback = Feedback.objects.get()
    mine = client.get("/settings/my-feedback/").content.decode()
    assert QUESTION in mine and "The conversation is deleted" in mine
    client.post(f"/settings/my-feedback/rating/{feedback.pk}/remove/")
    assert not Feedback.objects.exists()


def test_nobody_rates_an_answer_of_somebody_else(
    answer: Message, teammate: User, stranger: User, admin: User
) -> None:
    for person in (teammate, stranger, admin):
        client = signed_in(person)
        for path in ("feedback/", "feedback/details/", "feedback/withdraw/", "second/"):
            page = client.post(f"/answers/{answer.pk}/{path}", {"thumb": "up"})
            assert page.status_code == 404, (person, path)
            assert "Only answers in your own conversations can be rated" in page.content.decode()
        told = client.post(f"/answers/{answer.pk}/feedback/", {"thumb": "up"}, headers=JSON)
        assert (told.status_code, "somebody else" in told.json()["error"]) == (404, True)
    assert not Feedback.objects.exists()


def test_an_unfinished_answer_cannot_be_rated(answer: Message, owner: User) -> None:
    Message.objects.filter(pk=answer.pk).update(status=Message.Status.INTERRUPTED)
    told = signed_in(owner).post(f"/answers/{answer.pk}/feedback/", {"thumb": "up"}, headers=JSON)
    assert told.status_code == 422 and "finished" in told.json()["error"]
    assert not Feedback.objects.exists()


def by_key(user: User, method: str, path: str, body: Any = None) -> Any:
    _key, text = create_api_key(user=user, name="test")
    return Client().generic(
        method,
        f"/api/v1{path}",
        json.dumps(body) if body is not None else b"",
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )


def test_the_api_gives_changes_and_withdraws(
    answer: Message, owner: User, stranger: User, admin: User
) -> None:
    path = f"/answers/{answer.pk}/feedback"
    assert by_key(owner, "GET", path).json()["type"] == "/problems/no_feedback"
    body = {"thumb": "down", "reasons": ["incomplete"], "ethics": 5, "better_answer": "Forty-two metres."}
    given = by_key(owner, "PUT", path, body).json()
    assert (given["reasons"], given["ethics"], given["better_answer"]) == (
        ["incomplete"],
        5,
        "Forty-two metres.",
    )
    assert by_key(owner, "PUT", path, {"thumb": "down", "accuracy": 6}).status_code == 422
    foreign = by_key(stranger, "PUT", path, {"thumb": "up"})
    assert (foreign.status_code, foreign.json()["type"]) == (404, "/problems/not_your_answer")
    assert by_key(owner, "GET", "/feedback").status_code == 403
    listed = by_key(admin, "GET", "/feedback?thumb=down&reason=incomplete").json()
    assert [each["answer"]["question"] for each in listed["results"]] == [QUESTION]
    assert by_key(admin, "GET", "/feedback?reason=wrong").json()["count"] == 0
    assert by_key(owner, "DELETE", path).status_code == 204
    assert not Feedback.objects.exists()


def test_the_parameters_of_the_model_are_kept(model: OpenAIStub, owner: User, collection: Collection) -> None:
    made = chat.start_conversation(owner=owner, collections=[fill(collection)])
    answer = chat.answer_now(conversation=made, question=QUESTION)
    signed_in(owner).post(f"/answers/{answer.pk}/feedback/", {"thumb": "up"})
    kept = Feedback.objects.get()
    assert (kept.model, kept.shown["parameters"]["endpoint"]) == ("stub", "stub")
    assert kept.shown["parameters"]["temperature"] == 0.1
