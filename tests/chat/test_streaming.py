"""Answers written by threads and followed through a real Redis server."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import redis
from asgiref.sync import async_to_sync

from accounts.models import User
from chat import services, streaming
from chat.models import Conversation, Message
from chat.streaming import Followed, follow
from chat.writers import writers
from ingestion.models import Collection
from tests.chat.handbook import fill
from tests.llm.openai_stub import OpenAIStub, Recorded, Reply, chunk, spoken

QUESTION = "How high is the lighthouse?"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


@pytest.fixture
def conversation(owner: User, collection: Collection) -> Conversation:
    return services.start_conversation(owner=owner, collections=[fill(collection)])


async def _collect(message_id: object, last_id: str, enough: Callable[[Followed], bool]) -> list[Followed]:
    events = []
    async with asyncio.timeout(30):
        async for event in follow(message_id, last_id):  # type: ignore[arg-type]
            events.append(event)
            if enough(event):
                break
    return events


def read(
    message: Message, last_id: str = "", enough: Callable[[Followed], bool] = lambda event: False
) -> list[Followed]:
    return async_to_sync(_collect)(message.pk, last_id, enough)


def text_of(events: list[Followed]) -> str:
    return "".join(event.data["text"] for event in events if event.event == "token")


def gated(gate: threading.Event, *texts: str) -> Callable[[Recorded], Reply]:
    """A model that says its first piece and goes on when ``gate`` opens."""

    def pieces() -> Iterator[str]:
        first, *rest = texts
        yield chunk({"role": "assistant", "content": first})
        gate.wait(20)
        yield from spoken(*rest)

    return lambda _request: Reply(pieces=pieces())


def test_an_answer_is_followed_to_its_end(conversation: Conversation, model: OpenAIStub) -> None:
    model.say("It is 42 ", "metres high [1].")
    events = read(services.ask(conversation=conversation, question=QUESTION))

    assert text_of(events) == "It is 42 metres high [1]."
    assert events[-1].event == "done"
    stored = events[-1].message
    assert stored is not None
    assert (stored.status, stored.text) == ("done", "It is 42 metres high [1].")


def test_a_second_reader_gets_the_same_and_no_second_generation(
    conversation: Conversation, model: OpenAIStub
) -> None:
    gate = threading.Event()
    model.replies = [gated(gate, "It is 42 ", "metres ", "high [1].")]
    answer = services.ask(conversation=conversation, question=QUESTION)
    first = read(answer, enough=lambda event: event.event == "token")
    second = read(answer, enough=lambda event: event.event == "token")
    assert text_of(first) == text_of(second) == "It is 42 "
    gate.set()

    resumed = read(answer, last_id=first[-1].id)
    assert resumed[-1].event == "done"
    assert len(model.chats) == 1


def test_a_reconnect_resumes_behind_its_last_event(conversation: Conversation, model: OpenAIStub) -> None:
    gate = threading.Event()
    model.replies = [gated(gate, "It is 42 ", "metres ", "high [1].")]
    answer = services.ask(conversation=conversation, question=QUESTION)
    first = read(answer, enough=lambda event: event.event == "token")
    opener = threading.Timer(0.3, gate.set)
    opener.start()
    rest = read(answer, last_id=first[-1].id)
    opener.join()

    assert text_of(first) + text_of(rest) == "It is 42 metres high [1]."


def test_a_finished_answer_comes_at_once(conversation: Conversation) -> None:
    answer = services.answer_now(conversation=conversation, question=QUESTION)
    (event,) = read(answer, last_id="nonsense")
    assert event.event == "done"
    assert event.message is not None
    assert event.message.text == answer.text


def test_nobody_needs_to_listen(conversation: Conversation, model: OpenAIStub) -> None:
    model.say("It is 42 metres high [1].")
    answer = services.ask(conversation=conversation, question=QUESTION)
    writers.wait()
    answer.refresh_from_db()
    assert answer.status == "done"


def test_stop_keeps_the_part_received(conversation: Conversation, model: OpenAIStub) -> None:
    gate = threading.Event()
    model.replies = [gated(gate, "It is 42 ", "metres high.")]
    answer = services.ask(conversation=conversation, question=QUESTION)
    read(answer, enough=lambda event: event.event == "token")

    threading.Timer(0.2, gate.set).start()
    services.stop(message=answer)

    answer.refresh_from_db()
    assert answer.status == "stopped"
    assert answer.text == "It is 42"
    assert read(answer)[-1].event == "done"


def test_stop_does_not_wait_for_a_silent_model(conversation: Conversation, model: OpenAIStub) -> None:
    gate = threading.Event()
    model.replies = [gated(gate, "It is 42 ", "metres high.")]
    answer = services.ask(conversation=conversation, question=QUESTION)
    read(answer, enough=lambda event: event.event == "token")

    services.stop(message=answer)
    answer.refresh_from_db()
    assert answer.status == "stopped"
    gate.set()
    writers.wait()
    answer.refresh_from_db()
    assert answer.status == "stopped"


def test_an_answer_whose_process_died_is_interrupted_with_its_part(conversation: Conversation) -> None:
    answer = services.answer_now(conversation=conversation, question=QUESTION)
    Message.objects.filter(pk=answer.pk).update(
        status="streaming", text="It is", heartbeat_at="2026-01-01T00:00Z"
    )
    (event,) = read(answer)
    assert event.message is not None
    assert (event.message.status, event.message.text) == ("interrupted", "It is")


def test_writing_again_starts_a_stream_of_its_own(conversation: Conversation, model: OpenAIStub) -> None:
    model.replies = [
        Reply(pieces=[chunk({"content": "It is"})], drop=True),
        Reply(pieces=spoken("It is 42 metres high [1].")),
    ]
    answer = services.ask(conversation=conversation, question=QUESTION)
    failed = read(answer)[-1].message
    assert failed is not None and failed.status == "failed"
    assert failed.text == "It is"

    events = read(services.retry(message=failed))
    assert text_of(events) == "It is 42 metres high [1]."
    assert events[-1].message is not None
    assert (events[-1].message.status, events[-1].message.error) == ("done", "")


def test_the_stream_expires(conversation: Conversation, broker: str) -> None:
    answer = services.ask(conversation=conversation, question=QUESTION)
    writers.wait()
    left = redis.Redis.from_url(broker).ttl(streaming.stream_key(answer.pk, answer.attempt))
    assert 0 < left <= 3600


def test_without_redis_the_answer_is_written_and_found(
    conversation: Conversation, settings: pytest.FixtureRequest
) -> None:
    settings.REDIS_URL = "unix:///nonexistent/redis.sock"  # type: ignore[attr-defined]
    answer = services.ask(conversation=conversation, question=QUESTION)
    events = read(answer)
    assert events[-1].message is not None
    assert events[-1].message.status == "done"


def test_several_answers_at_once(owner: User, collection: Collection, model: OpenAIStub) -> None:
    model.replies = [Reply(pieces=spoken("It is 42 ", "metres high [1]."), delay_s=0.02)]
    fill(collection)
    answers = [
        services.ask(
            conversation=services.start_conversation(owner=owner, collections=[collection]),
            question=QUESTION,
        )
        for _ in range(12)
    ]
    began = time.monotonic()
    while Message.objects.filter(status__in=["pending", "streaming"]).exists():
        assert time.monotonic() - began < 30
        time.sleep(0.05)
    for answer in answers:
        answer.refresh_from_db()
    assert {answer.text for answer in answers} == {"It is 42 metres high [1]."}
