"""A hundred answers at once: each complete and in order, and nobody holds a database connection."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.models import User
from chat import generation, services
from chat.models import Message
from chat.streaming import follow
from chat.writers import writers
from ingestion.models import Collection
from llm import endpoints
from llm.models import Endpoint
from llm.services import save_endpoint
from tests.chat.handbook import fill
from tests.chat.slow_model import Script, SlowModel

READERS = 100
QUESTION = "How high is the lighthouse?"
WORDS = [f"w{{n}}-{place} " for place in range(12)]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def slow(transactional_db: None) -> Iterator[SlowModel]:
    """The site uses a model that falls silent in the middle of every answer."""
    with SlowModel(Script(WORDS, every_s=0.02, hold_after=6)).serving() as model:
        endpoint = Endpoint(name="slow", title="Slow", kind="openai", base_url=model.base_url, model="slow")
        endpoint.concurrency = READERS
        save_endpoint(endpoint=endpoint)
        yield model
    endpoints.reset()


@pytest.fixture
def open_connections(monkeypatch: pytest.MonkeyPatch) -> set[tuple[int, str]]:
    """The threads that hold a database connection now, other than the test's own."""
    held: set[tuple[int, str]] = set()
    begin, end = BaseDatabaseWrapper.connect, BaseDatabaseWrapper.close

    def me() -> tuple[int, str]:
        return threading.get_ident(), threading.current_thread().name

    def connect(self: BaseDatabaseWrapper) -> None:
        begin(self)
        held.add(me())

    def close(self: BaseDatabaseWrapper) -> None:
        end(self)
        held.discard(me())

    monkeypatch.setattr(BaseDatabaseWrapper, "connect", connect)
    monkeypatch.setattr(BaseDatabaseWrapper, "close", close)
    return held


async def _read_all(ids: list[Any], heard: dict[Any, str], all_hear: asyncio.Event) -> list[Message | None]:
    async def read(message_id: Any) -> Message | None:
        async for event in follow(message_id):
            if event.event == "token":
                heard[message_id] += event.data["text"]
                if all(text.count(" ") >= 6 for text in heard.values()):
                    all_hear.set()
            if event.message is not None:
                return event.message
        return None

    return await asyncio.gather(*(read(message_id) for message_id in ids))


def test_a_hundred_answers_at_once(
    owner: User,
    collection: Collection,
    broker: str,
    slow: SlowModel,
    open_connections: set[tuple[int, str]],
) -> None:
    fill(collection)
    conversations = [
        services.start_conversation(owner=owner, collections=[collection]) for _ in range(READERS)
    ]
    answers = [services.ask(conversation=item, question=QUESTION) for item in conversations]
    heard: dict[Any, str] = {answer.pk: "" for answer in answers}
    counted: list[set[tuple[int, str]]] = []

    async def scene() -> list[Message | None]:
        all_hear = asyncio.Event()
        reading = asyncio.create_task(_read_all(list(heard), heard, all_hear))
        async with asyncio.timeout(120):
            await all_hear.wait()
            for _ in range(30):  # longer than the time between two saves
                await asyncio.sleep(0.1)
                counted.append(set(open_connections))
            slow.go_on()
            return await reading

    connection.close()
    finished = async_to_sync(scene)()
    writers.wait()

    assert slow.most_speaking == READERS
    assert set.intersection(*counted) == set(), "a database connection is held while a model is silent"
    assert max(map(len, counted)) <= 2, "connections are opened one after the other, by the pulse"
    whole = {spoken.text for spoken in slow.spoken}
    assert len(whole) == READERS
    assert set(heard.values()) == whole
    for message in finished:
        assert message is not None
        assert message.status == "done"
        assert heard[message.pk].strip() == message.text


def test_only_a_few_search_at_the_same_time(
    owner: User, collection: Collection, broker: str, slow: SlowModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(collection)
    slow.go_on()
    now: set[int] = set()
    most = 0
    find = generation.find

    def counted(*args: Any, **options: Any) -> Any:
        nonlocal most
        now.add(threading.get_ident())
        most = max(most, len(now))
        try:
            return find(*args, **options)
        finally:
            now.discard(threading.get_ident())

    monkeypatch.setattr(generation, "find", counted)
    for _ in range(12):
        conversation = services.start_conversation(owner=owner, collections=[collection])
        services.ask(conversation=conversation, question=QUESTION)
    writers.wait()
    assert 1 <= most <= generation.SEARCHES_AT_ONCE
    assert Message.objects.filter(role="assistant", status="done").count() == 12
