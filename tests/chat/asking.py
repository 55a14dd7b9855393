"""Asks the chat's core directly, and reads the events of its answer."""

from collections.abc import Sequence
from typing import Any

from chat.answering import answer
from chat.events import Answer, Event, Finished, Token
from llm.openai import OpenAICompatible
from llm.types import Backend, Options
from tests.chat.passages import HARBOUR, LIGHTHOUSE, always
from tests.llm.openai_stub import OpenAIStub

QUESTION = "How high is the lighthouse?"


def llm(stub: OpenAIStub, **options: Any) -> OpenAICompatible:
    return OpenAICompatible(Options(**{"base_url": stub.base_url, "model": "m", "timeout_s": 5} | options))


def run(question: str, *backends: Backend, **options: Any) -> list[Event]:
    return list(answer(question, backends=backends, **{"find": always(LIGHTHOUSE, HARBOUR)} | options))


def final(events: Sequence[Event]) -> Answer:
    last = events[-1]
    assert isinstance(last, Finished)
    return last.answer


def text_of(events: Sequence[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Token))
