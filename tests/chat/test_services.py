import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat import services
from chat.errors import NothingToSearch, StillWriting
from chat.events import QuestionError
from chat.models import Conversation, Message
from ingestion import services as ingestion_services
from ingestion.models import Collection, DocumentText
from tests.chat.handbook import fill
from tests.llm.openai_stub import OpenAIStub, Reply, chunk, spoken

QUESTION = "How high is the lighthouse?"


@pytest.fixture
def conversation(owner: User, collection: Collection) -> Conversation:
    return services.start_conversation(owner=owner, collections=[fill(collection)])


pytestmark = pytest.mark.django_db


def test_an_answer_is_stored_with_its_citations(conversation: Conversation) -> None:
    answer = services.answer_now(conversation=conversation, question=f"  {QUESTION} ")

    assert (answer.status, answer.refused, answer.model) == ("done", False, "extractive")
    assert "42 metres high" in answer.text
    citation = answer.citations[0]
    assert citation["document"] == "Coast"
    assert citation["quote"].rstrip(".") in answer.text
    conversation.refresh_from_db()
    assert conversation.title == QUESTION
    assert [message.role for message in conversation.messages.all()] == ["user", "assistant"]


def test_a_citation_names_the_place_in_the_documents_text(conversation: Conversation) -> None:
    citation = services.answer_now(conversation=conversation, question=QUESTION).citations[0]
    text = DocumentText.objects.get(document_id=citation["document_id"]).text
    assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_a_follow_up_knows_the_turn_before(conversation: Conversation) -> None:
    services.answer_now(conversation=conversation, question=QUESTION)
    answer = services.answer_now(conversation=conversation, question="Who was its keeper?")
    assert "lighthouse" in answer.rewritten
    assert "Ada Holm" in answer.text


def test_a_language_model_answers_with_the_sources(conversation: Conversation, model: OpenAIStub) -> None:
    model.say("It is 42 metres high [1].")
    answer = services.answer_now(conversation=conversation, question=QUESTION)
    assert answer.text == "It is 42 metres high [1]."
    assert (answer.model, answer.usage["completion_tokens"]) == ("stub", 7)
    assert "42 metres high" in model.chats[0].body["messages"][-1]["content"]


def test_a_models_reasoning_is_kept_beside_its_answer(conversation: Conversation, model: OpenAIStub) -> None:
    thought = chunk({"role": "assistant", "reasoning_content": "42, it says."})
    model.replies = [Reply(pieces=[thought, *spoken("It is 42 metres high [1].")])]
    answer = services.answer_now(conversation=conversation, question=QUESTION)
    assert (answer.text, answer.reasoning) == ("It is 42 metres high [1].", "42, it says.")


def test_a_model_that_breaks_off_leaves_a_failed_answer_with_its_part(
    conversation: Conversation, model: OpenAIStub
) -> None:
    model.replies = [Reply(pieces=[chunk({"content": "It is 42 metres high [1]. Al"})], drop=True)]
    answer = services.answer_now(conversation=conversation, question=QUESTION)
    assert answer.status == "failed"
    assert answer.text.startswith("It is 42 metres high [1].")
    assert "broke off" in answer.error


def test_the_collections_own_model_is_used(
    conversation: Conversation, collection: Collection, model: OpenAIStub
) -> None:
    ingestion_services.update_collection(collection=collection, llm="extractive")
    answer = services.answer_now(conversation=conversation, question=QUESTION)
    assert answer.model == "extractive"
    assert model.chats == []


@pytest.mark.parametrize("question", ["", "   ", "x" * 10_000])
def test_a_question_that_cannot_be_asked_stores_nothing(conversation: Conversation, question: str) -> None:
    with pytest.raises(QuestionError):
        services.answer_now(conversation=conversation, question=question)
    assert not conversation.messages.exists()


def test_lost_access_leaves_nothing_to_search(
    conversation: Conversation, collection: Collection, teammate: User
) -> None:
    theirs = services.start_conversation(owner=teammate, collections=[collection])
    assert services.answer_now(conversation=theirs, question=QUESTION).status == "done"
    ingestion_services.remove_member(collection=collection, user=teammate)
    with pytest.raises(NothingToSearch):
        services.answer_now(conversation=theirs, question=QUESTION)


def test_only_one_answer_at_a_time(conversation: Conversation) -> None:
    answer = services.answer_now(conversation=conversation, question=QUESTION)
    Message.objects.filter(pk=answer.pk).update(status="streaming")
    with pytest.raises(StillWriting):
        services.answer_now(conversation=conversation, question=QUESTION)


def test_an_answer_whose_writer_died_does_not_block_the_next(conversation: Conversation) -> None:
    answer = services.answer_now(conversation=conversation, question=QUESTION)
    Message.objects.filter(pk=answer.pk).update(status="streaming", heartbeat_at="2026-01-01T00:00Z")
    services.answer_now(conversation=conversation, question=QUESTION)
    answer.refresh_from_db()
    assert answer.status == "interrupted"


def test_number_of_queries_does_not_grow_with_the_conversation(conversation: Conversation) -> None:
    services.answer_now(conversation=conversation, question=QUESTION)
    with CaptureQueriesContext(
        connection,
    ) as early:
        services.answer_now(conversation=conversation, question=QUESTION)
    for _ in range(4):
        services.answer_now(conversation=conversation, question=QUESTION)
    with CaptureQueriesContext(connection) as late:
        services.answer_now(conversation=conversation, question=QUESTION)
    assert len(late) == len(early)
