"""A page that was left open finds out what it missed."""

import re
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat import services
from chat.models import Conversation, Message
from ingestion.models import Collection
from tests.chat.handbook import fill
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db
QUESTION = "How high is the lighthouse?"


@pytest.fixture
def conversation(owner: User, collection: Collection) -> Conversation:
    made = services.start_conversation(owner=owner, collections=[fill(collection)])
    services.answer_now(conversation=made, question=QUESTION)
    services.answer_now(conversation=made, question="Who was its keeper?")
    return made


def states(conversation: Conversation) -> list[dict[str, str]]:
    answer = signed_in(conversation.owner).get(f"/chat/{conversation.pk}/state")
    listed: list[dict[str, str]] = answer.json()["answers"]
    return listed


def test_a_page_that_missed_nothing_shows_what_the_site_says(conversation: Conversation, owner: User) -> None:
    html = signed_in(owner).get(conversation.get_absolute_url()).content.decode()
    shown = re.findall(r'<article class="answer[^"]*" id="m([^"]+)"[^>]* data-state="([^"]+)"', html)
    assert shown == [(answer["id"], answer["state"]) for answer in states(conversation)]
    assert len(shown) == 2


def test_writing_again_and_ending_change_the_state(conversation: Conversation) -> None:
    last = conversation.messages.filter(role="assistant").latest("ordinal")
    seen = [states(conversation)]
    for change in ({"status": "pending", "attempt": 2}, {"status": "done"}, {"status": "stopped"}):
        Message.objects.filter(pk=last.pk).update(**change)
        seen.append(states(conversation))
    assert [listed[1]["state"] for listed in seen] == ["1-done", "2-live", "2-done", "2-stopped"]
    assert {listed[0]["state"] for listed in seen} == {"1-done"}


def test_a_first_word_is_no_change(conversation: Conversation) -> None:
    """A page that follows an answer is not disturbed."""
    last = conversation.messages.filter(role="assistant").latest("ordinal")
    rows = Message.objects.filter(pk=last.pk)
    rows.update(status="pending", heartbeat_at=timezone.now())
    before = states(conversation)
    rows.update(status="streaming", text="It is")
    assert states(conversation) == before


def test_what_was_missed_is_fetched(conversation: Conversation, owner: User) -> None:
    first, last = (signed_in(owner).get(answer["url"]).json() for answer in states(conversation))
    answer, turn = (re.sub(r'value="[^"]{64}"', "", first[part]) for part in ("answer", "turn"))
    assert answer in turn
    assert QUESTION in first["turn"]
    assert "42 metres high" in first["answer"]
    assert "data-retry" in last["answer"]


def test_others_find_nothing(conversation: Conversation, teammate: User, stranger: User, admin: User) -> None:
    addresses = [f"/chat/{conversation.pk}/state", states(conversation)[0]["url"]]
    for person in (teammate, stranger, admin):
        assert [signed_in(person).get(address).status_code for address in addresses] == [404, 404]
    assert {signed_in(None).get(address).status_code for address in addresses} == {302}


def test_the_state_costs_one_query_more_than_the_conversation(
    conversation: Conversation, owner: User, django_assert_num_queries: Any
) -> None:
    client = signed_in(owner)
    client.get(f"/chat/{conversation.pk}/state")
    with django_assert_num_queries(4):  # the session, the person, the conversation, its answers
        client.get(f"/chat/{conversation.pk}/state")
