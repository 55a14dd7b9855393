"""A shared conversation: who sees what of it, for how long, and what is said afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.services import create_api_key
from chat import services
from chat.errors import StillWriting
from chat.generation import Nobody, Progress, generate
from chat.models import Conversation, Message
from chat.sharing.models import SharedLink
from chat.sharing.services import NothingToShare, share
from ingestion.models import Collection
from tests.chat.handbook import fill
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db
QUESTION = "How high is the lighthouse?"


@pytest.fixture
def conversation(owner: User, collection: Collection) -> Conversation:
    made = services.start_conversation(owner=owner, collections=[fill(collection)])
    services.answer_now(conversation=made, question=QUESTION)
    return made


@pytest.fixture
def link(conversation: Conversation) -> SharedLink:
    return share(conversation=conversation, term="7")


def opened(link: SharedLink, user: User | None = None) -> str:
    response = signed_in(user).get(link.get_absolute_url())
    assert response.status_code == 200
    return str(response.content.decode())


def test_whoever_has_the_link_reads_answers_and_quotes(link: SharedLink, owner: User) -> None:
    page = opened(link)
    answer = Message.objects.get(role="assistant")
    assert QUESTION in page
    assert answer.citations[0]["quote"] in page
    assert answer.citations[0]["document"] in page
    for private in (owner.username, "Handbook", "/documents/", "extractive", "chat-ask", "sessionid"):
        assert private not in page, private


def test_a_document_is_linked_only_for_those_who_may_read_it(
    link: SharedLink, teammate: User, stranger: User
) -> None:
    document = Message.objects.get(role="assistant").citations[0]["document_id"]
    assert f"/documents/{document}/" in opened(link, teammate)
    assert f"/documents/{document}/" not in opened(link, stranger)


def test_it_is_kept_by_no_search_engine_and_no_cache(link: SharedLink) -> None:
    response = Client().get(link.get_absolute_url())
    assert "noindex" in response["X-Robots-Tag"]
    assert '<meta name="robots" content="noindex' in response.content.decode()
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert Client().post(link.get_absolute_url()).status_code == 405


def test_what_was_asked_later_or_in_other_versions_is_not_shown(
    link: SharedLink, conversation: Conversation
) -> None:
    services.answer_now(conversation=conversation, question="Who was its keeper?")
    services.answer_now(conversation=conversation, question="How deep is the harbour?", after=None)
    page = opened(link)
    assert QUESTION in page
    assert "keeper?" not in page
    assert "harbour?" not in page
    older = conversation.messages.get(role="user", text="Who was its keeper?")
    assert "keeper?" in opened(share(conversation=conversation, term="1", through=older.pk))


def test_a_failed_answer_that_is_shared_stays_as_it_was_when_it_is_tried_again(
    conversation: Conversation,
) -> None:
    failed = services.answer_now(conversation=conversation, question="Who was its keeper?")
    Message.objects.filter(pk=failed.pk).update(text="", status="failed", citations=[], sentences=[])
    failed.refresh_from_db()
    link = share(conversation=conversation, term="7")
    Conversation.objects.filter(pk=conversation.pk).update(title="Renamed since")
    before = opened(link).partition("<main")[2]
    assert "This answer ended early." in before and f"<h1>{QUESTION}</h1>" in before
    again = services.retry(message=failed)
    generate(Progress(again.pk, again.attempt), "en", Nobody())
    again.refresh_from_db()
    assert again.text and again.pk != failed.pk
    assert opened(link).partition("<main")[2] == before
    link.delete()
    Message.objects.filter(pk=again.pk).update(text="", status="failed")
    again.refresh_from_db()
    assert services.retry(message=again).pk == again.pk, "what nobody was shown is written in its place"


def test_a_refusal_shows_neither_the_collections_nor_what_was_near(conversation: Conversation) -> None:
    answer = services.answer_now(conversation=conversation, question="What does quantum gravity taste like?")
    assert answer.refused
    page = opened(share(conversation=conversation, term="never"))
    assert "Not found in the documents" in page
    assert "Handbook" not in page


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"expires_at": timezone.now() - timedelta(minutes=1)}, "This link has expired"),
        ({"withdrawn_at": timezone.now()}, "This link was withdrawn"),
    ],
)
def test_a_link_that_is_over_says_so(link: SharedLink, change: dict[str, Any], told: str) -> None:
    SharedLink.objects.filter(pk=link.pk).update(**change)
    response = Client().get(link.get_absolute_url())
    assert response.status_code == 410
    page = response.content.decode()
    assert told in page
    assert QUESTION not in page
    assert "noindex" in response["X-Robots-Tag"]


def test_a_deleted_conversation_and_a_wrong_address_say_so(
    link: SharedLink, conversation: Conversation
) -> None:
    services.delete_conversation(conversation=conversation)
    gone = Client().get(link.get_absolute_url())
    assert (gone.status_code, "was deleted" in gone.content.decode()) == (410, True)
    assert Client().get("/shared/guessed/").status_code == 404


def test_a_closed_account_and_an_administrator_end_links(link: SharedLink, admin: User) -> None:
    User.objects.filter(pk=link.owner_id).update(is_active=False)
    assert "This link was withdrawn" in Client().get(link.get_absolute_url()).content.decode()
    User.objects.filter(pk=link.owner_id).update(is_active=True)
    assert QUESTION in opened(link)
    client, address = signed_in(admin), "/admin/chat/sharedlink/"
    page = client.get(address).content.decode()
    assert link.owner.username in page
    assert link.token not in page
    client.post(address, {"action": "withdraw", "_selected_action": [link.pk]})
    assert Client().get(link.get_absolute_url()).status_code == 410


def test_links_are_made_listed_and_withdrawn_on_the_page(conversation: Conversation, owner: User) -> None:
    client, address = signed_in(owner), f"/chat/{conversation.pk}/share/"
    assert client.post(address, {"term": "forever"}).status_code == 422
    assert "#links" in client.post(address, {"term": "30"})["Location"]
    link = SharedLink.objects.get()
    assert link.expires_at is not None
    assert timedelta(days=29) < link.expires_at - timezone.now() <= timedelta(days=30)
    for page in (address, "/chat/links/"):
        assert f"http://testserver{link.get_absolute_url()}" in client.get(page).content.decode()
    client.post(f"/chat/links/{link.pk}/withdraw")
    assert Client().get(link.get_absolute_url()).status_code == 410
    assert link.get_absolute_url() not in client.get(address).content.decode()


def test_others_neither_see_nor_touch_a_link(
    link: SharedLink, conversation: Conversation, teammate: User, stranger: User, admin: User
) -> None:
    for person in (teammate, stranger, admin):
        client = signed_in(person)
        assert client.get(f"/chat/{conversation.pk}/share/").status_code == 404
        assert client.post(f"/chat/{conversation.pk}/share/", {"term": "1"}).status_code == 404
        assert client.post(f"/chat/links/{link.pk}/withdraw").status_code == 404
        assert link.token not in client.get("/chat/links/").content.decode()
    assert [one.is_open for one in SharedLink.objects.all()] == [True]


def test_nothing_and_half_an_answer_cannot_be_shared(conversation: Conversation, owner: User) -> None:
    empty = services.start_conversation(owner=owner, collections=[])
    with pytest.raises(NothingToShare):
        share(conversation=empty, term="7")
    conversation.messages.filter(role="assistant").update(status="streaming")
    with pytest.raises(StillWriting):
        share(conversation=conversation, term="7")


def test_a_site_may_ask_for_an_account_or_share_nothing(
    link: SharedLink, conversation: Conversation, owner: User, stranger: User, settings: Settings
) -> None:
    settings.SHARED_LINKS = "signed-in"
    assert "/login/" in Client().get(link.get_absolute_url())["Location"]
    assert QUESTION in opened(link, stranger)
    settings.SHARED_LINKS = "off"
    assert signed_in(stranger).get(link.get_absolute_url()).status_code == 403
    assert signed_in(owner).post(f"/chat/{conversation.pk}/share/", {"term": "1"}).status_code == 403
    assert "share/" not in signed_in(owner).get(conversation.get_absolute_url()).content.decode()


def test_programs_share_list_and_withdraw(conversation: Conversation, owner: User, stranger: User) -> None:
    _made, key = create_api_key(user=owner, name="k")
    _other, foreign = create_api_key(user=stranger, name="k")
    client = Client(headers={"Authorization": f"Bearer {key}"})
    address = f"/api/v1/conversations/{conversation.pk}/links"
    made = client.post(address, {"expires_in_days": "never"}, content_type="application/json")
    assert made.status_code == 201
    assert (made.json()["state"], made.json()["expires_at"]) == ("open", None)
    assert Client().get(made.json()["url"]).status_code == 200
    bad = client.post(address, {"expires_in_days": "2"}, content_type="application/json")
    assert bad.status_code == 422
    one = f"{address}/{made.json()['id']}"
    other = Client(headers={"Authorization": f"Bearer {foreign}"})
    assert [other.get(address).status_code, other.delete(one).status_code] == [404, 404]
    assert client.delete(one).status_code == 204
    assert [link["state"] for link in client.get(address).json()["results"]] == ["withdrawn"]
    assert Client().get(made.json()["url"]).status_code == 410
