"""What every back end must do, whatever stands behind it."""

import pytest

from chat.extractive import Extractive
from llm.openai import OpenAICompatible
from llm.types import Backend, Message, Options, Request, Source
from tests.llm.openai_stub import OpenAIStub

SOURCES = (
    Source(1, "The lighthouse was built in 1897. It is 42 metres high.", "Lighthouse"),
    Source(2, "灯塔建于一八九七年。它高四十二米。", "灯塔"),
)


@pytest.fixture(params=["extractive", "openai"])
def chosen(request: pytest.FixtureRequest, stub: OpenAIStub) -> Backend:
    if request.param == "extractive":
        return Extractive()
    stub.say("The lighthouse ", "is 42 metres high [1].")
    return OpenAICompatible(Options(base_url=stub.base_url, api_key="k-123456", model="m", timeout_s=5))


def asked(question: str = "How high is the lighthouse?") -> Request:
    return Request(messages=(Message("user", question),), question=question, sources=SOURCES)


def test_streams_an_answer_with_a_citation(chosen: Backend) -> None:
    text = "".join(delta.text for delta in chosen.stream(asked()))
    assert "42 metres" in text
    assert "[1]" in text


def test_ends_with_a_reason(chosen: Backend) -> None:
    assert list(chosen.stream(asked()))[-1].finish_reason == "stop"


def test_no_delta_mixes_text_and_reasoning(chosen: Backend) -> None:
    assert not any(delta.text and delta.reasoning for delta in chosen.stream(asked()))


def test_can_be_asked_again_and_left_in_the_middle(chosen: Backend) -> None:
    first = iter(chosen.stream(asked()))
    next(first)
    first.close()  # type: ignore[attr-defined]
    assert "".join(delta.text for delta in chosen.stream(asked()))


def test_description_shows_no_key(chosen: Backend) -> None:
    described = chosen.describe()
    assert described.backend in {"extractive", "openai"}
    assert "k-123456" not in repr(described)
    assert described.context_tokens >= 1024
