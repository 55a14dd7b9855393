"""The pool that writes answers: it grows on demand, is bounded, and shrinks when nothing is asked."""

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from chat import writers as module
from chat.errors import TooBusy
from chat.generation import Progress
from chat.writers import Job, Writers


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Every answer takes until the gate opens."""
    opened = threading.Event()

    def generate(progress: Progress, language: str, watcher: Any) -> None:
        opened.wait(20)

    monkeypatch.setattr(module, "generate", generate)
    monkeypatch.setattr(Writers, "beat", lambda self, held: None)
    yield opened
    opened.set()


def job() -> Job:
    return Job(Progress(uuid.uuid4(), 1), "en")


def until(condition: Any) -> None:
    waiting = threading.Event()
    for _ in range(400):
        if condition():
            return
        waiting.wait(0.05)
    raise AssertionError("it did not come about")


def test_as_many_threads_as_answers(gate: threading.Event) -> None:
    pool = Writers(threads=50, waiting=10)
    assert pool.alive == 0
    for number in range(1, 11):
        pool.submit(job())
        assert pool.alive == number
    gate.set()
    pool.wait()


def test_more_than_the_threads_wait_and_more_than_that_is_refused(gate: threading.Event) -> None:
    pool = Writers(threads=3, waiting=2)
    for _ in range(5):
        pool.submit(job())
    assert pool.alive == 3
    with pytest.raises(TooBusy):
        pool.submit(job())
    gate.set()
    pool.wait()
    pool.submit(job())
    pool.wait()


def test_idle_threads_are_used_again_and_then_let_go(gate: threading.Event) -> None:
    gate.set()
    pool = Writers(threads=50, waiting=10, idle_s=0.3)
    for _ in range(20):
        pool.submit(job())
        pool.wait()
    assert pool.alive <= 3
    until(lambda: pool.alive == 0)
    pool.submit(job())
    pool.wait()


def test_an_answer_that_is_not_written_here_cannot_be_ended_here(gate: threading.Event) -> None:
    pool = Writers(threads=1, waiting=0)
    assert pool.end(uuid.uuid4(), 1) is False
    held = job()
    pool.submit(held)
    assert pool.end(held.progress.message_id, 2) is False


def test_who_writes_in_their_own_thread_has_a_pulse_too(monkeypatch: pytest.MonkeyPatch) -> None:
    beaten: list[Job] = []
    monkeypatch.setattr(Writers, "pulse_s", 0.05)
    monkeypatch.setattr(Writers, "beat", lambda self, held: beaten.extend(held))
    pool = Writers(threads=1, waiting=0)
    held = job()
    with pool.holding(held):
        until(lambda: held in beaten)
    pool.wait()
