"""The chat pages: who sees what, with and without our script."""

import uuid

import pytest
from django.test import Client

from accounts.models import User
from chat import services
from chat.models import Conversation, Message
from ingestion import services as ingestion_services
from ingestion.models import Collection
from tests.chat.handbook import fill
from tests.conftest import signed_in

QUESTION = "How high is the lighthouse?"
pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(owner: User, collection: Collection) -> Conversation:
    made = services.start_conversation(owner=owner, collections=[fill(collection)])
    services.answer_now(conversation=made, question=QUESTION)
    return made


def answer_of(conversation: Conversation) -> Message:
    return conversation.messages.get(role="assistant")


def addresses(conversation: Conversation) -> list[tuple[str, str]]:
    base = f"/chat/{conversation.pk}/"
    message = f"{base}messages/{answer_of(conversation).pk}/"
    return [
        ("get", base),
        ("post", f"{base}ask"),
        ("post", f"{base}settings"),
        ("get", f"{message}stream"),
        ("post", f"{message}stop"),
        ("post", f"{message}retry"),
        ("post", f"{base}delete"),
    ]


def test_the_owner_sees_the_transcript(conversation: Conversation, owner: User) -> None:
    page = signed_in(owner).get(conversation.get_absolute_url())
    html = page.content.decode()
    assert page.status_code == 200
    assert QUESTION in html
    assert "42 metres high" in html
    assert 'class="cite"' in html
    assert "No language model is used" in html


def test_a_teammate_and_a_stranger_find_nothing(
    conversation: Conversation, teammate: User, stranger: User, admin: User
) -> None:
    for person in (teammate, stranger, admin):
        for method, address in addresses(conversation):
            response = getattr(signed_in(person), method)(address, {"question": "x"})
            assert response.status_code == 404, (person, address)
    assert Conversation.objects.filter(pk=conversation.pk).exists()


def test_a_visitor_is_sent_to_sign_in(conversation: Conversation) -> None:
    for method, address in addresses(conversation):
        response = getattr(Client(), method)(address)
        assert response.status_code in {302, 404}, address
        if response.status_code == 302:
            assert "login" in response["Location"]


def test_lists_show_only_ones_own(conversation: Conversation, owner: User, teammate: User) -> None:
    assert QUESTION in signed_in(owner).get("/chat/").content.decode()
    assert QUESTION not in signed_in(teammate).get("/chat/").content.decode()


def test_the_number_of_queries_of_the_list_does_not_grow(
    conversation: Conversation, owner: User, collection: Collection, django_assert_max_num_queries: object
) -> None:
    client = signed_in(owner)
    client.get("/chat/")
    for number in range(12):
        made = services.start_conversation(owner=owner, collections=[collection])
        Conversation.objects.filter(pk=made.pk).update(title=f"number {number}")
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        client.get("/chat/")


def test_without_script_the_page_waits_for_the_answer(conversation: Conversation, owner: User) -> None:
    response = signed_in(owner).post(f"/chat/{conversation.pk}/ask", {"question": "Who was the keeper?"})
    last = conversation.messages.last()
    assert last is not None
    assert (last.status, response.status_code) == ("done", 302)
    assert response["Location"] == f"{conversation.get_absolute_url()}#m{last.pk}"


def test_a_first_question_starts_a_conversation(owner: User, collection: Collection) -> None:
    fill(collection)
    response = signed_in(owner).post("/chat/", {"question": QUESTION, "collections": [collection.slug]})
    conversation = Conversation.objects.get()
    assert response.status_code == 302
    assert response["Location"].startswith(conversation.get_absolute_url())
    assert conversation.title == QUESTION


def test_a_search_carries_its_words_over(owner: User, collection: Collection) -> None:
    page = signed_in(owner).get("/chat/", {"q": "holiday rules", "c": collection.slug}).content.decode()
    assert "holiday rules" in page


@pytest.mark.parametrize("question", ["", "x" * 10_000])
def test_a_refused_question_stays_in_its_field(
    conversation: Conversation, owner: User, question: str
) -> None:
    response = signed_in(owner).post(f"/chat/{conversation.pk}/ask", {"question": question})
    assert response.status_code == 422
    assert question in response.content.decode()
    assert conversation.messages.count() == 2


def test_a_reload_of_a_refused_question_leads_to_the_conversation(
    conversation: Conversation, owner: User
) -> None:
    answer = signed_in(owner).get(f"/chat/{conversation.pk}/ask")
    assert answer["Location"] == f"/chat/{conversation.pk}/"


def test_with_script_a_refusal_is_told_as_json(conversation: Conversation, owner: User) -> None:
    response = signed_in(owner).post(
        f"/chat/{conversation.pk}/ask", {"question": "x" * 10_000}, headers={"Accept": "application/json"}
    )
    assert response.status_code == 422
    assert "10000 characters" in response.json()["error"]
    assert response.json()["code"] == "too_long"


def test_a_strangers_collection_cannot_be_chosen(stranger: User, collection: Collection) -> None:
    response = signed_in(stranger).post("/chat/", {"question": QUESTION, "collections": [collection.slug]})
    assert response.status_code == 422
    assert not Conversation.objects.exists()


def test_collections_of_a_conversation_cannot_be_widened_beyond_ones_rights(
    conversation: Conversation, owner: User, stranger: User
) -> None:
    theirs = ingestion_services.create_collection(owner=stranger, name="Theirs", slug="theirs")
    signed_in(owner).post(f"/chat/{conversation.pk}/settings", {"collections": [theirs.slug]})
    assert theirs not in conversation.collections.all()


def test_what_cannot_be_changed_stays_in_its_form_with_the_reason(
    conversation: Conversation, owner: User
) -> None:
    client, address = signed_in(owner), f"/chat/{conversation.pk}/settings"
    page = client.post(address, {"model": "extractive"})
    html = page.content.decode()
    assert page.status_code == 422 and "Choose at least one collection." in html
    assert '<option value="extractive" selected>' in html
    assert '<details class="scope" data-menu open>' in html
    conversation.refresh_from_db()
    assert conversation.model == "" and conversation.collections.exists()
    assert client.get(address).headers["Location"] == conversation.get_absolute_url()


def test_a_conversation_can_be_deleted(conversation: Conversation, owner: User) -> None:
    client = signed_in(owner)
    gone = client.post(f"/chat/{conversation.pk}/delete", follow=True)
    assert gone.redirect_chain == [("/chat/", 302)] and "is deleted." in gone.content.decode()
    assert not Message.objects.exists()


def test_an_unknown_conversation(owner: User) -> None:
    assert signed_in(owner).get(f"/chat/{uuid.uuid4()}/").status_code == 404


def test_pages_hold_no_inline_script_or_style(conversation: Conversation, owner: User) -> None:
    html = signed_in(owner).get(conversation.get_absolute_url()).content.decode()
    assert " style=" not in html
    assert "<style" not in html
    assert " onclick=" not in html
    assert html.count("<script") == html.count("<script ") == html.count(' src="') - html.count("<img ")
