"""What those who watch an answer hear, and that they can leave at any moment."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.models import User
from chat import services
from chat.generation import Progress, generate
from chat.models import Conversation, Message
from ingestion.models import Collection
from llm import endpoints
from llm.models import Endpoint
from llm.services import save_endpoint
from tests.chat.handbook import fill
from tests.llm.ernie_stub import API_KEY, SECRET_KEY, ErnieStub, frame, v1_spoken
from tests.llm.http_stub import Recorded, Reply
from tests.llm.openai_stub import OpenAIStub, chunk
from tests.llm.tgi_stub import TGIStub, spoken

pytestmark = pytest.mark.django_db

QUESTION = "How high is the lighthouse?"
SAID = "It is 42 metres high [1]."


class Ear:
    """Remembers what is published; asks for an end once ``enough`` says so."""

    def __init__(self, enough: Callable[[str, dict[str, Any]], bool] = lambda event, data: False) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._enough = enough
        self._stop = threading.Event()

    def publish(self, event: str, data: dict[str, Any]) -> None:
        self.heard.append((event, data))
        if self._enough(event, data):
            self._stop.set()

    def wants_stop(self) -> bool:
        return self._stop.is_set()

    def of(self, *events: str) -> list[tuple[str, dict[str, Any]]]:
        return [(event, data) for event, data in self.heard if event in events]


@pytest.fixture
def conversation(owner: User, collection: Collection) -> Conversation:
    return services.start_conversation(owner=owner, collections=[fill(collection)])


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    endpoints.reset()
    yield
    endpoints.reset()


def endpoint(name: str, kind: str, address: str, **fields: Any) -> None:
    made = Endpoint(name=name, title=name, kind=kind, base_url=address, model="m", timeout_s=5, **fields)
    save_endpoint(endpoint=made, api_key=API_KEY, secret_key=SECRET_KEY)


def written(conversation: Conversation, ear: Ear, question: str = QUESTION) -> Message:
    last = conversation.messages.count()
    asked = Message.objects.create(
        conversation=conversation,
        parent=conversation.messages.last(),
        ordinal=last + 1,
        role="user",
        text=question,
    )
    answer = Message.objects.create(
        conversation=conversation, parent=asked, ordinal=last + 2, role="assistant", status="pending"
    )
    generate(Progress(answer.pk, answer.attempt), "en", ear)
    answer.refresh_from_db()
    return answer


def test_a_model_that_is_being_loaded_is_waited_for_and_the_person_hears_it(
    conversation: Conversation,
) -> None:
    with TGIStub().serving() as tgi:
        loading = {"error": "Model bloom is currently loading", "estimated_time": 1.2}
        tgi.replies = [Reply(status=503, body=loading), Reply(pieces=spoken(" It is 42 metres high."))]
        endpoint("bloom", "bloom", tgi.address, patience_s=180)
        ear = Ear()
        answer = written(conversation, ear)

    assert (answer.status, answer.failures) == ("done", [])
    assert answer.text.startswith("It is 42 metres high")
    waits = [data["text"] for _event, data in ear.of("waiting")]
    assert waits[0] == "The model is being loaded, about 2 s…"
    assert waits[-1] == ""


def test_a_stop_ends_the_wait_for_a_model_that_is_being_loaded(conversation: Conversation) -> None:
    with TGIStub().serving() as tgi:
        tgi.replies = [Reply(status=503, body={"error": "loading", "estimated_time": 150})]
        endpoint("bloom", "bloom", tgi.address, patience_s=180)
        answer = written(conversation, Ear(lambda event, _data: event == "waiting"))

    assert (answer.status, answer.text) == ("stopped", "")
    assert len(tgi.requests) == 1


def test_a_stop_reaches_the_model_that_rewrites_the_question(conversation: Conversation) -> None:
    rewriting = threading.Event()
    over = threading.Event()

    def silent(_request: Recorded) -> Reply:
        def pieces() -> Iterator[str]:
            rewriting.set()
            yield chunk({"role": "assistant", "content": ""})
            over.wait(30)

        return Reply(pieces=pieces())

    class Impatient(Ear):
        def wants_stop(self) -> bool:
            return rewriting.is_set()

    with OpenAIStub().serving() as stub:
        stub.say(SAID)
        endpoint("openai", "openai", stub.base_url)
        written(conversation, Ear())
        stub.replies = [silent]
        answer = written(conversation, Impatient(), "Who built it?")
        over.set()

    assert answer.status == "stopped"
    assert len(stub.chats) == 2


def test_what_a_failed_model_thought_is_not_told_of_the_next_ones_answer(conversation: Conversation) -> None:
    with OpenAIStub().serving() as first, OpenAIStub().serving() as second:
        thought = chunk({"role": "assistant", "reasoning_content": "Hm."})
        first.replies = [Reply(pieces=[thought], drop=True)]
        second.say(SAID)
        endpoint("first", "openai", first.base_url, patience_s=0)
        endpoint("second", "openai", second.base_url, is_fallback=True)
        ear = Ear()
        answer = written(conversation, ear)

    assert [event for event, _data in ear.of("thinking", "reset", "token")] == ["thinking", "reset", "token"]
    assert (answer.text, answer.reasoning) == (SAID, "")
    assert [failure["endpoint"] for failure in answer.failures] == ["first"]


def test_a_turn_that_the_provider_objects_to_is_not_sent_again(conversation: Conversation) -> None:
    """``need_clear_history`` of ERNIE: asked again without what was said before, also by later questions."""
    secret = "Is there a forbidden lighthouse?"

    def strict(request: Recorded) -> Reply:
        asked = str(request.body["messages"])
        if secret in asked:
            return Reply(pieces=[frame("", end=True, need_clear_history=True, ban_round=0)])
        return Reply(pieces=v1_spoken(SAID))

    with ErnieStub().serving() as v1:
        endpoint("ernie", "ernie", v1.address)
        v1.say(SAID)
        written(conversation, Ear(), secret)
        v1.replies = [strict]
        second = written(conversation, Ear(), "How high is it?")
        sent = [secret in str(chat.body["messages"]) for chat in v1.chats]
        third = written(conversation, Ear(), "And who was its keeper?")
        later = [str(chat.body["messages"]) for chat in v1.chats[len(sent) :]]

    assert (second.text, second.model, second.history_from) == (SAID, "m", 3)
    assert sent == [True, True, False], "asked, objected to in the rewriting, left out of the answer"
    assert third.text == SAID
    assert later and not any(secret in text for text in later)
    assert any("How high is it?" in text for text in later), "what was not objected to is still known"


def test_a_question_that_the_provider_objects_to_is_not_part_of_later_prompts(
    conversation: Conversation,
) -> None:
    with ErnieStub().serving() as v1:
        endpoint("ernie", "ernie", v1.address)
        v1.replies = [Reply(pieces=[frame("", end=True, need_clear_history=True, ban_round=-1)])]
        first = written(conversation, Ear(), "How high is the forbidden lighthouse?")
        v1.say(SAID)
        written(conversation, Ear(), "Who was its keeper?")

    assert (first.status, first.model, first.history_from) == ("done", "extractive", 3)
    assert first.failures[0]["code"] == "history_refused"
    assert "forbidden" not in str(v1.chats[-1].body["messages"])
