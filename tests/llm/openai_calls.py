"""How the tests of the OpenAI-compatible back end ask, and what they look at."""

from typing import Any

import pytest

from llm.errors import LLMError
from llm.openai import OpenAICompatible
from llm.types import Delta, Message, Options, Request, Source
from tests.llm.openai_stub import OpenAIStub

KEY = "sk-secret-0123456789"


def request(**changes: Any) -> Request:
    values: dict[str, Any] = {
        "messages": (Message("system", "Be brief."), Message("user", "Who?")),
        "question": "Who?",
        "sources": (Source(1, "Ada wrote it."),),
    }
    return Request(**values | changes)


def backend(stub: OpenAIStub, **options: Any) -> OpenAICompatible:
    values: dict[str, Any] = {"base_url": stub.base_url, "api_key": KEY, "model": "m", "timeout_s": 5}
    return OpenAICompatible(Options(**values | options))


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas)


def reasoning_of(deltas: list[Delta]) -> str:
    return "".join(delta.reasoning for delta in deltas)


def assert_breaks_off(chosen: OpenAICompatible, part: str, expected: type[LLMError]) -> None:
    received: list[Delta] = []
    with pytest.raises(expected):
        for delta in chosen.stream(request()):
            received.append(delta)
    assert text_of(received) == part
