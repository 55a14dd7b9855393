"""Two answers to one question: asking for the second, choosing, and what is exported."""

import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from accounts.models import User
from chat import services as chat
from chat.models import Comparison, Feedback, Message
from chat.turns import turns_of
from chat.writers import writers
from ingestion.models import Collection
from tests.chat.feedback.test_giving import by_key
from tests.chat.handbook import fill
from tests.conftest import signed_in
from tests.llm.openai_stub import OpenAIStub

QUESTION = "How high is the lighthouse?"


def downloaded(response: Any) -> str:
    async def whole() -> bytes:
        return b"".join([piece async for piece in response.streaming_content])

    return async_to_sync(whole)().decode()


def lines(response: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in downloaded(response).splitlines()]


@pytest.mark.django_db(transaction=True)
def test_a_second_answer_of_another_model_is_compared_and_exported(
    model: OpenAIStub, broker: str, owner: User, stranger: User, admin: User, collection: Collection
) -> None:
    made = chat.start_conversation(owner=owner, collections=[fill(collection)])
    first = chat.answer_now(conversation=made, question=QUESTION)
    client = signed_in(owner)
    alone = client.get(f"/answers/{first.pk}/compare/").content.decode()
    assert "A second answer to the same question" in alone
    client.post(f"/answers/{first.pk}/second/", {"model": "extractive"})
    writers.wait()
    second = Message.objects.get(parent_id=first.parent_id, wanted_model="extractive")
    assert (first.model, second.model, second.status) == ("stub", "extractive", "done")
    address = f"/answers/{first.pk}/compare/"
    assert turns_of(made)[-1].answer.pk == first.pk, "nothing is chosen yet"
    page = client.get(address, {"with": second.pk}).content.decode()
    assert "The second is better" in page
    assert "Quotes only</span>" not in page.split("side-choice")[0], (
        "who wrote which is told after the choice"
    )
    client.post(address, {"with": second.pk, "chosen": "second", "comment": "It quotes."})
    assert turns_of(made)[-1].answer.pk == second.pk, "the better one is shown"
    choice = Comparison.objects.get()
    assert (choice.first["model"], choice.second["model"], choice.chosen) == ("stub", "extractive", "second")
    assert "Quotes only</span>" in client.get(address, {"with": second.pk}).content.decode()
    assert signed_in(stranger).post(address, {"with": second.pk, "chosen": "first"}).status_code == 404
    other = chat.answer_now(conversation=made, question="Who was the keeper?")
    foreign = client.post(address, {"with": other.pk, "chosen": "first"})
    assert foreign.status_code == 404 and "two answers to the same question" in foreign.content.decode()

    client.post(f"/answers/{first.pk}/feedback/", {"thumb": "down"})
    client.post(f"/answers/{first.pk}/feedback/details/", {"better_answer": "=42 metres"})
    by_hand, chosen = lines(signed_in(admin).get("/settings/feedback/export/preferences.jsonl"))
    assert (by_hand["prompt"], by_hand["chosen"], by_hand["rejected"]) == (QUESTION, "=42 metres", first.text)
    assert (chosen["chosen"], chosen["rejected"]) == (second.text, first.text)
    assert any("42 metres high" in source["text"] for source in chosen["context"])
    (rated,) = lines(signed_in(admin).get("/settings/feedback/export/ratings.jsonl"))
    assert (rated["completion"], rated["label"]) == (first.text, False)
    assert "'=42 metres" in downloaded(signed_in(admin).get("/settings/feedback/export/ratings.csv"))
    both = signed_in(admin).get("/settings/feedback/comparisons/").content.decode()
    assert '<option value="extractive">' in both, "compared models can be filtered by"
    for is_beside, shown in ((False, second), (True, first)):
        Message.objects.filter(pk=second.pk).update(is_beside=is_beside)
        page = client.get(address, {"with": second.pk}).content.decode()
        assert f"?m={shown.pk}#m{shown.pk}" in page, "back to what the conversation shows"
    assert signed_in(owner).get("/settings/feedback/export/ratings.csv").status_code == 403
    client.post(address, {"with": second.pk, "chosen": "neither"})
    rows = lines(signed_in(admin).get("/settings/feedback/export/ratings.jsonl"))
    assert [row["label"] for row in rows] == [False, False, False]
    assert Feedback.objects.count() == Comparison.objects.count() == 1
    path, body = f"/answers/{first.pk}/comparison", {"other": str(second.pk), "better": str(first.pk)}
    told = by_key(owner, "PUT", path, body).json()
    assert (told["chosen"], told["first"], told["second"]) == ("first", str(first.pk), str(second.pk))
    assert by_key(owner, "PUT", path, body | {"better": str(other.pk)}).status_code == 422
    assert by_key(stranger, "PUT", path, body).json()["type"] == "/problems/not_your_answer"
    assert Comparison.objects.get().chosen == "first"


@pytest.mark.django_db(transaction=True)
def test_a_second_answer_that_failed_says_why_and_is_not_chosen(
    model: OpenAIStub, broker: str, owner: User, collection: Collection
) -> None:
    made = chat.start_conversation(owner=owner, collections=[fill(collection)])
    first = chat.answer_now(conversation=made, question=QUESTION)
    second = chat.retry(message=first)
    writers.wait()
    Message.objects.filter(pk=second.pk).update(status="failed", text="The", error="The model hung up.")
    client, address = signed_in(owner), f"/answers/{first.pk}/compare/"
    page = client.get(address, {"with": second.pk})
    html = page.content.decode()
    assert page.status_code == 200 and "The model hung up." in html
    assert "One of the two was not completed" in html and "The second is better" not in html
    assert "Write it and compare" in html and f"?m={first.pk}#m{first.pk}" in html
    refused = client.post(address, {"with": second.pk, "chosen": "first"}, follow=True)
    assert not Comparison.objects.exists() and "notice error" in refused.content.decode()
