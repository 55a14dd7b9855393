"""The administrator's pages, and golden questions out of what people liked."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat import services as chat
from chat.feedback import services
from chat.feedback.services import Details
from chat.models import Feedback
from ingestion.golden_sets import create_set
from ingestion.models import Collection
from tests.chat.handbook import fill
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db
HEIGHT, KEEPER, NOTHING = "How high is the lighthouse?", "Who was the keeper?", "What did Napoleon eat?"


def rated(user: User, collection: Collection, question: str, thumb: str, **details: Any) -> Feedback:
    made = chat.start_conversation(owner=user, collections=[collection])
    answer = chat.answer_now(conversation=made, question=question)
    feedback = services.rate(by=user, answer=answer, thumb=thumb)
    services.detail(feedback=feedback, details=Details(**details))
    return feedback


def test_an_administrator_lists_and_filters(
    owner: User, teammate: User, admin: User, collection: Collection, django_assert_max_num_queries: Any
) -> None:
    fill(collection)
    rated(owner, collection, HEIGHT, "up", accuracy=5, reasons=["correct"])
    old = rated(teammate, collection, KEEPER, "down", accuracy=2, reasons=["wrong"], comment="no such person")
    Feedback.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=9))
    client = signed_in(admin)

    def shown(**filters: Any) -> list[str]:
        page = client.get("/settings/feedback/", filters).content.decode()
        return [question for question in (HEIGHT, KEEPER) if question in page]

    today = timezone.localdate()
    assert shown() == [HEIGHT, KEEPER]
    assert shown(thumb="up") == shown(reason="correct") == shown(since=today) == [HEIGHT]
    assert shown(text="such person") == shown(until=today - timedelta(days=5)) == [KEEPER]
    assert shown(model="extractive", collection="handbook") == [HEIGHT, KEEPER]
    assert shown(better="on") == []
    for address in ("/settings/feedback/", "/settings/feedback/comparisons/"):
        for until, is_told in ((today - timedelta(days=1), True), (today, False)):
            page = client.get(address, {"since": f"{today}", "until": f"{until}"}).content.decode()
            assert ("so no day is left" in page) == is_told
    summary = client.get("/settings/feedback/").content.decode()
    assert "50%" in summary and "3.5" in summary
    one = client.get(f"/settings/feedback/{old.pk}/").content.decode()
    assert "no such person" in one and 'class="cite"' in one
    for address in (
        "/settings/feedback/",
        f"/settings/feedback/{old.pk}/",
        "/settings/feedback/comparisons/",
    ):
        assert signed_in(owner).get(address).status_code == 403
    for _each in range(4):
        rated(owner, collection, HEIGHT, "up")
    with django_assert_max_num_queries(14):
        client.get("/settings/feedback/")


def test_liked_answers_become_golden_questions(
    owner: User, teammate: User, admin: User, collection: Collection
) -> None:
    fill(collection)
    mine = rated(owner, collection, HEIGHT, "up")
    hers = rated(teammate, collection, KEEPER, "up")
    refused = rated(teammate, collection, NOTHING, "up")
    rated(owner, collection, "How deep is the harbour?", "down")
    assert refused.shown["refused"]
    golden_set = create_set(collection=collection, name="Coast")
    address = f"/evaluation/{golden_set.pk}/feedback/"
    own = signed_in(owner).get(address).content.decode()
    assert HEIGHT in own and KEEPER not in own and "harbour?" not in own
    signed_in(owner).post(address, {"feedback": [mine.pk, hers.pk]})
    assert [each.text for each in golden_set.questions.all()] == [HEIGHT]
    right = golden_set.questions.get().judgements.first()
    assert right is not None and "42 metres" in right.quote
    signed_in(admin).post(address, {"feedback": [hers.pk, refused.pk]})
    answerable = dict(golden_set.questions.values_list("text", "is_answerable"))
    assert answerable == {HEIGHT: True, KEEPER: True, NOTHING: False}
    again = signed_in(admin).post(address, {"feedback": [hers.pk]}, follow=True).content.decode()
    assert "the set has what you chose already" in again
    assert signed_in(teammate).post(address, {"feedback": [hers.pk]}).status_code == 403
