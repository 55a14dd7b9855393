"""Where editors verify, review and unpin, in pages and by the API; readers and strangers find nothing."""

import re
from typing import Any

import pytest

from accounts.models import User
from accounts.roles import Role
from chat import services as chat
from chat.feedback import services as feedback
from chat.feedback.services import Details
from chat.models import Message, VerifiedAnswer
from ingestion import services as ingestion
from ingestion.models import Collection
from tests.chat.feedback.test_giving import by_key
from tests.chat.handbook import fill
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db
QUESTION = "How high is the lighthouse?"


@pytest.fixture
def answer(owner: User, collection: Collection) -> Message:
    made = chat.start_conversation(owner=owner, collections=[fill(collection)])
    return chat.answer_now(conversation=made, question=QUESTION)


def sources(page: str) -> dict[int, str]:
    """The signed sources that a form offers, by their numbers."""
    found = re.findall(r'name="source" value="([^"]+)".*?source-n">(\d+)<', page, re.DOTALL)
    return {int(n): value for value, n in found}


def test_an_answer_is_corrected_and_pinned_with_its_sources(
    answer: Message, owner: User, teammate: User, collection: Collection
) -> None:
    client, address = signed_in(owner), f"/answers/{answer.pk}/verify/"
    assert address in client.get(answer.conversation.get_absolute_url()).content.decode()
    page = client.get(address).content.decode()
    assert QUESTION in page and "checked" in page
    body: dict[str, Any] = {"questions": f"{QUESTION}\n灯塔有多高？", "collections": [collection.pk]}
    body |= {"source": [sources(page)[1]]}
    for text, told in (("Forty-two metres. [7]", "The answer cites [7]"), ("", "required")):
        refused = client.post(address, body | {"text": text})
        assert refused.status_code == 422 and told in refused.content.decode()
        assert "灯塔有多高" in refused.content.decode(), "what was typed stays"
    bare = client.post(address, body | {"text": "Forty-two metres.", "source": ["forged"]})
    assert "Tick at least one source" in bare.content.decode()
    assert not VerifiedAnswer.objects.exists()
    assert client.post(address, body | {"text": "Forty-two metres. [1]"}).status_code == 302
    verified = VerifiedAnswer.objects.get()
    assert verified.phrasings == [QUESTION, "灯塔有多高？"] and verified.verified_by == owner
    again = client.post(address, body | {"text": "Another. [1]"})
    assert "has a verified answer already" in again.content.decode()

    listed = client.get("/collections/handbook/verified/").content.decode()
    assert QUESTION in listed and "2 wordings" in listed
    edited = client.post(f"/verified/{verified.pk}/", body | {"text": "About 42 metres. [1]"})
    assert edited.status_code == 302
    verified.refresh_from_db()
    assert verified.text == "About 42 metres. [1]"
    for address in ("/collections/handbook/verified/", f"/verified/{verified.pk}/"):
        assert signed_in(teammate).get(address).status_code in {403, 404}, "a viewer edits nothing"
    client.post(f"/verified/{verified.pk}/unpin/")
    assert not VerifiedAnswer.objects.exists()


def test_one_is_written_from_nothing_with_passages_that_a_search_finds(
    owner: User, collection: Collection
) -> None:
    fill(collection)
    client, address = signed_in(owner), "/collections/handbook/verified/new/"
    typed = {"questions": "How long may a boat be without a pilot?", "collections": [collection.pk]}
    page = client.post(address, typed | {"text": "Twenty metres. [1]", "find": "1"})
    assert page.status_code == 200 and not VerifiedAnswer.objects.exists()
    offered = sources(page.content.decode())
    assert "Twenty metres. [1]" in page.content.decode() and "20 metres" in page.content.decode()
    client.post(address, typed | {"text": "Twenty metres. [1]", "source": [offered[1]]})
    assert VerifiedAnswer.objects.get().citations[0]["n"] == 1


def test_sources_of_a_collection_bind_the_answer_to_it(
    answer: Message, owner: User, teammate: User, stranger: User, collection: Collection
) -> None:
    other = ingestion.create_collection(owner=owner, name="Other", slug="other")
    chat.change_conversation(conversation=answer.conversation, collections=[collection, other])
    client, address = signed_in(owner), f"/answers/{answer.pk}/verify/"
    page = client.get(address).content.decode()
    body = {"questions": QUESTION, "text": "42 metres. [1]", "source": [sources(page)[1]]}
    told = client.post(address, body | {"collections": [other.pk]}).content.decode()
    assert "tick this collection too" in told
    for person in (teammate, stranger):
        assert signed_in(person).post(address, body | {"collections": [collection.pk]}).status_code == 404
    assert not VerifiedAnswer.objects.exists()


def test_feedback_and_the_api_pin_too(
    answer: Message, owner: User, teammate: User, stranger: User, admin: User, collection: Collection
) -> None:
    given = feedback.rate(by=owner, answer=answer, thumb="down")
    feedback.detail(feedback=given, details=Details(better_answer="42 metres, says the plaque. [1]"))
    page = signed_in(admin).get(f"/feedback/{given.pk}/verify/").content.decode()
    assert "says the plaque" in page
    assert signed_in(stranger).get(f"/feedback/{given.pk}/verify/").status_code == 404

    body = {"message_id": str(answer.pk), "answer": "42 metres. [1]", "sources": [1]}
    assert by_key(stranger, "POST", "/verified-answers", body).status_code == 404
    made = by_key(owner, "POST", "/verified-answers", body)
    assert (made.status_code, made.json()["questions"], made.json()["to_review"]) == (201, [QUESTION], [])
    assert by_key(owner, "POST", "/verified-answers", body).json()["type"] == "/problems/bad_verified_answer"
    address = "/collections/handbook/verified-answers"
    assert by_key(owner, "GET", address).json()["count"] == 1
    assert by_key(teammate, "GET", address).status_code == 403
    one = f"/verified-answers/{made.json()['id']}"
    assert by_key(teammate, "DELETE", one).status_code == 404
    assert by_key(owner, "POST", f"{one}/confirm").status_code == 200
    assert by_key(owner, "DELETE", one).status_code == 204
    assert not VerifiedAnswer.objects.exists()


def test_what_quotes_a_further_collection_is_listed_for_who_edits_both_alone(
    answer: Message, owner: User, stranger: User, collection: Collection
) -> None:
    other = ingestion.create_collection(owner=owner, name="Other", slug="other")
    chat.change_conversation(conversation=answer.conversation, collections=[collection, other])
    body = {"message_id": str(answer.pk), "answer": "42 metres. [1]", "sources": [1]}
    body |= {"collections": ["handbook", "other"]}
    assert by_key(owner, "POST", "/verified-answers", body).status_code == 201
    ingestion.set_member(collection=other, user=stranger, role=Role.EDITOR)
    address = "/collections/other/verified-answers"
    assert by_key(owner, "GET", address).json()["count"] == 1
    assert by_key(stranger, "GET", address).json()["count"] == 0
    assert "42 metres" not in signed_in(stranger).get("/collections/other/verified/").content.decode()
