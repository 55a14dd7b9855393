"""Questions of one's own chats become golden questions; those of others are nobody's business."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from chat.models import Conversation, Message
from ingestion import services
from ingestion.golden_sets import create_set
from ingestion.models import Collection
from tests.conftest import signed_in
from tests.ingestion.material import ENGLISH, ready

pytestmark = pytest.mark.django_db


def asked(user: User, collection: Collection, question: str, **answer: Any) -> Message:
    conversation = Conversation.objects.create(owner=user)
    conversation.collections.add(collection)
    before = Message.objects.create(conversation=conversation, ordinal=0, role="user", text=question)
    return Message.objects.create(
        conversation=conversation, parent=before, ordinal=1, role="assistant", **answer
    )


def test_a_question_is_taken_over_with_what_its_answer_cited(
    collection: Collection, owner: User, teammate: User
) -> None:
    document = ready(collection, ENGLISH, "holidays.md")
    golden_set = create_set(collection=collection, name="Office")
    quote = "Unused days expire in March."
    start = ENGLISH.index(quote)
    cited = {"document_id": str(document.pk), "start": start, "end": start + len(quote), "quote": quote}
    elsewhere = cited | {"document_id": "0b1f2f4e-0000-4000-8000-000000000000"}
    full = "When do unused days expire?"
    mine = asked(owner, collection, "And when?", rewritten=full, citations=[cited, elsewhere])
    refused = asked(owner, collection, "Who painted it?", refused=True)
    hers = asked(teammate, collection, "A secret of mine?", citations=[cited])
    address = reverse("golden-asked", args=[golden_set.pk])
    page = signed_in(owner).get(address).content.decode()
    assert full in page and "Who painted it?" in page and "secret" not in page
    for message in (mine, refused, hers):
        signed_in(owner).post(address, {"message": message.pk})
    taken, unanswerable = golden_set.questions.order_by("pk")
    right = taken.judgements.get()
    assert (taken.text, right.quote, right.start) == (full, quote, start)
    assert (unanswerable.text, unanswerable.is_answerable) == ("Who painted it?", False)
    client = signed_in(owner)
    assert "No further questions" in client.get(address).content.decode()
    assert signed_in(teammate).get(address).status_code == 403
    services.set_member(collection=collection, user=teammate, role="editor")
    assert "secret" in signed_in(teammate).get(address).content.decode()
