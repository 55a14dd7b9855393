"""Conversations found again, renamed, put away and deleted, by their owner only."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.services import create_api_key
from chat import services
from chat.library import selectors
from chat.library.snippets import marked
from chat.models import Conversation, Message
from chat.sharing.services import share
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
def chinese(conversation: Conversation) -> Conversation:
    of_collections = list(conversation.collections.all())
    made = services.start_conversation(owner=conversation.owner, collections=of_collections)
    services.answer_now(conversation=made, question="斯卡恩的灯塔建于哪一年？")
    return made


def found(user: User, find: str, *, archived: bool = False) -> list[Conversation]:
    return list(selectors.listed(user, archived=archived, find=find))


@pytest.mark.parametrize(
    ("find", "which"),
    [
        ("LIGHTHOUSE", "english"),
        ("metres high", "english"),
        ("high how", "english"),
        ("lighthouse elephants", "none"),
        ("灯塔", "chinese"),
        ("灯塔 哪一年", "chinese"),
        ("一八九七", "chinese"),
        ("100%", "none"),
        ("", "both"),
    ],
)
def test_words_of_titles_and_messages_find_conversations(
    conversation: Conversation, chinese: Conversation, teammate: User, find: str, which: str
) -> None:
    expected = {
        "english": [conversation],
        "chinese": [chinese],
        "none": [],
        "both": [chinese, conversation],
    }[which]
    assert found(conversation.owner, find) == expected
    assert found(teammate, find) == []


def test_a_find_shows_its_words_and_leads_to_them(conversation: Conversation, owner: User) -> None:
    """Also to another version than the one that is shown."""
    first = conversation.messages.get(role="user")
    services.answer_now(conversation=conversation, question="Who was the keeper?", after=None)
    page = signed_in(owner).get("/chat/all/", {"find": "lighthouse metres"}).content.decode()
    answer = first.children.get()
    assert f'href="/chat/{conversation.pk}/?m={answer.pk}#m{answer.pk}"' in page
    assert "42 <mark>metres</mark> high" in page
    shown = signed_in(owner).get(f"/chat/{conversation.pk}/?m={answer.pk}").content.decode()
    assert f'id="m{answer.pk}"' in shown
    empty = signed_in(owner).get("/chat/all/", {"find": "<b>x"}).content.decode()
    assert "&lt;b&gt;x" in empty
    assert marked("a <b> & B", ["b"]) == "a &lt;<mark>b</mark>&gt; &amp; <mark>B</mark>"


def test_an_archived_conversation_has_its_own_list_and_a_question_brings_it_back(
    conversation: Conversation, owner: User
) -> None:
    client = signed_in(owner)
    client.post(f"/chat/{conversation.pk}/archive", {"archived": "1", "next": "/chat/all/"})
    assert found(owner, "") == []
    assert found(owner, "lighthouse", archived=True) == [conversation]
    assert f"/chat/{conversation.pk}/" in client.get("/chat/archive/").content.decode()
    assert "1 found in the archive" in client.get("/chat/all/?find=lighthouse").content.decode()
    assert "in the archive" in client.get(conversation.get_absolute_url()).content.decode()
    services.answer_now(conversation=conversation, question="Who was its keeper?")
    assert found(owner, "") == [conversation]


def test_a_title_is_changed_in_place(conversation: Conversation, owner: User) -> None:
    client, address = signed_in(owner), f"/chat/{conversation.pk}/rename"
    here = f"/chat/{conversation.pk}/?m=1"
    assert client.post(address, {"title": "  The   coast ", "next": here})["Location"] == here
    assert client.post(address, {"title": "The coast", "next": "https://evil.example/"})["Location"] == (
        conversation.get_absolute_url()
    )
    for bad in (" ", "x" * 121):
        told = client.post(address, {"title": bad}, follow=True).content.decode()
        assert 'role="alert"' in told
    conversation.refresh_from_db()
    assert conversation.title == "The coast"


def test_a_deletion_says_what_goes_along_and_asks_first(conversation: Conversation, owner: User) -> None:
    services.answer_now(conversation=conversation, question="Who was the keeper?", after=None)
    share(conversation=conversation, term="7")
    client, address = signed_in(owner), f"/chat/{conversation.pk}/delete"
    page = client.get(address).content.decode()
    assert "1 question with its answer" in page
    assert "1 further version of them" in page
    assert "1 shared link, which then shows nothing any more" in page
    assert Conversation.objects.filter(pk=conversation.pk).exists()
    assert client.post(address)["Location"] == "/chat/"
    assert not Conversation.objects.filter(pk=conversation.pk).exists()


def test_others_find_nothing(conversation: Conversation, teammate: User, stranger: User, admin: User) -> None:
    base = f"/chat/{conversation.pk}"
    for person in (teammate, stranger, admin):
        client = signed_in(person)
        assert client.get(f"{base}/delete").status_code == 404
        for action in ("rename", "archive", "delete"):
            assert client.post(f"{base}/{action}", {"title": "x", "archived": "1"}).status_code == 404
        assert QUESTION not in client.get("/chat/all/").content.decode()
    conversation.refresh_from_db()
    assert (conversation.title, conversation.archived_at) == (QUESTION, None)


def test_the_list_costs_the_same_for_many(
    conversation: Conversation, chinese: Conversation, owner: User, django_assert_max_num_queries: object
) -> None:
    for _ in range(5):
        services.start_conversation(owner=owner, collections=[])
    client = signed_in(owner)
    with django_assert_max_num_queries(7):  # type: ignore[operator]
        client.get("/chat/all/", {"find": "a"})


def test_programs_list_find_read_change_and_delete(
    conversation: Conversation, owner: User, stranger: User
) -> None:
    _made, key = create_api_key(user=owner, name="k")
    _other, foreign = create_api_key(user=stranger, name="k")
    client = Client(headers={"Authorization": f"Bearer {key}"})
    listed = client.get("/api/v1/conversations?find=metres").json()
    assert listed["count"] == 1
    assert "42 metres high" in listed["results"][0]["snippet"]
    address = f"/api/v1/conversations/{conversation.pk}"
    whole = client.get(address).json()
    assert (whole["id"], whole["turns"][0]["question"]) == (str(conversation.pk), QUESTION)
    change = {"title": "The coast", "archived": True}
    changed = client.patch(address, change, content_type="application/json")
    assert (changed.json()["title"], changed.json()["archived"]) == ("The coast", True)
    assert client.get("/api/v1/conversations").json()["count"] == 0
    assert client.get("/api/v1/conversations?archived=true").json()["count"] == 1
    client.patch(address, {"collections": [], "model": "extractive"}, content_type="application/json")
    conversation.refresh_from_db()
    assert (conversation.model, conversation.collections.count()) == ("extractive", 0)
    for wrong, status in (({"model": "none"}, 422), ({"collections": ["none"]}, 404)):
        assert client.patch(address, wrong, content_type="application/json").status_code == status
    bad = client.patch(address, {"title": " "}, content_type="application/json")
    assert (bad.status_code, bad.json()["type"]) == (422, "/problems/bad_title")
    other = Client(headers={"Authorization": f"Bearer {foreign}"})
    assert [call(address).status_code for call in (other.get, other.delete)] == [404, 404]
    assert Client().get("/api/v1/conversations").status_code == 401
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


def test_a_find_in_a_long_conversation_shows_where_most_of_the_words_stand(
    conversation: Conversation, owner: User
) -> None:
    """However many messages hold some of them, few are looked at."""
    Message.objects.bulk_create(
        Message(conversation=conversation, ordinal=100 + place, role="assistant", text=text)
        for place, text in enumerate(["A lighthouse."] * 20 + ["A red lighthouse on the cape.", "The cape."])
    )
    with CaptureQueriesContext(connection) as asked:
        (row,) = selectors.rows([conversation], "cape lighthouse red")
    assert len(asked) == 1
    assert row.snippet is not None and row.snippet.text == "A red lighthouse on the cape."
    fetched = selectors._said([conversation], ["lighthouse"])
    assert len(fetched[conversation.pk]) == 3
