"""The OpenAI-compatible back end against a real loopback server."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from llm.errors import (
    BadResponse,
)
from llm.openai import OpenAICompatible
from llm.types import Options
from tests.llm.backend_contract import KEY as CONTRACT_KEY
from tests.llm.backend_contract import BackendContract
from tests.llm.openai_calls import KEY, backend, request, text_of
from tests.llm.openai_stub import OpenAIStub, Recorded, Reply, chunk, spoken


def test_sends_messages_key_and_limits(stub: OpenAIStub) -> None:
    list(backend(stub).stream(request(max_tokens=77, temperature=0.3, stop=("END",))))

    sent = stub.chats[0]
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.body["messages"][1] == {"role": "user", "content": "Who?"}
    assert (sent.body["max_tokens"], sent.body["temperature"], sent.body["stop"]) == (77, 0.3, ["END"])
    assert sent.body["stream"] is True
    assert sent.body["stream_options"] == {"include_usage": True}


def test_empty_model_takes_the_first_one_listed(stub: OpenAIStub) -> None:
    stub.models = ["first", "second"]
    chosen = backend(stub, model="")

    list(chosen.stream(request()))

    assert stub.chats[0].body["model"] == "first"
    assert chosen.describe().model == "first"


@pytest.mark.parametrize(
    ("refused", "missing"), [("stream_options", "stream_options"), ("temperature", "temperature")]
)
def test_parameters_that_a_server_does_not_take_are_left_out(
    stub: OpenAIStub, refused: str, missing: str
) -> None:
    no = Reply(status=400, body={"error": {"message": f"Unrecognized request argument: {refused}"}})
    stub.replies = [no, Reply(pieces=spoken("Fine."))]

    assert text_of(list(backend(stub).stream(request()))) == "Fine."
    assert missing not in stub.chats[1].body


def test_max_tokens_is_renamed_where_asked(stub: OpenAIStub) -> None:
    no = Reply(
        status=400, body={"error": {"message": "Use 'max_completion_tokens' instead of 'max_tokens'."}}
    )
    stub.replies = [no, Reply(pieces=spoken("Fine."))]

    list(backend(stub).stream(request(max_tokens=50)))

    assert stub.chats[1].body["max_completion_tokens"] == 50
    assert "max_tokens" not in stub.chats[1].body


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "127.0.0.1:8080/v1"},
        {"base_url": "http://"},
        {"base_url": "http://[bad"},
        {"base_url": "ftp://host/v1"},
        {"api_key": "sk-two words"},
        {"api_key": "sk-ｆｕｌｌ"},
    ],
)
def test_what_cannot_work_is_refused_when_it_is_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(ImproperlyConfigured, match="endpoint"):
        OpenAICompatible(Options(**{"base_url": "http://127.0.0.1:9/v1", **wrong}))


def test_spaces_around_what_was_pasted_do_no_harm(stub: OpenAIStub) -> None:
    list(backend(stub, base_url=f" {stub.base_url}/ ", api_key=f" {KEY}\n", model=" m ").stream(request()))

    assert stub.chats[0].headers["authorization"] == f"Bearer {KEY}"
    assert stub.chats[0].body["model"] == "m"


def test_parameters_are_laid_over_the_request(stub: OpenAIStub) -> None:
    extra = {"temperature": 0.9, "top_k": 20, "chat_template_kwargs": {"enable_thinking": False}}

    list(backend(stub, parameters=extra).stream(request(temperature=0.1)))

    assert stub.chats[0].body.items() >= extra.items()
    assert stub.chats[0].body["messages"]


def test_a_limit_under_its_newer_name_replaces_ours(stub: OpenAIStub) -> None:
    list(backend(stub, parameters={"max_completion_tokens": 9}).stream(request()))

    assert stub.chats[0].body["max_completion_tokens"] == 9
    assert "max_tokens" not in stub.chats[0].body


def test_a_parameter_that_somebody_set_is_not_left_out_silently(stub: OpenAIStub) -> None:
    stub.fail(400, {"message": "Unsupported value: 'top_k'"})

    with pytest.raises(BadResponse, match="top_k"):
        list(backend(stub, parameters={"top_k": 20}).stream(request()))


def test_a_hundred_streams_at_once(stub: OpenAIStub) -> None:
    together = threading.Barrier(100)

    def answer(asked: Recorded) -> Reply:
        def pieces() -> Iterator[str]:
            yield chunk({"role": "assistant", "content": "All "})
            together.wait(60)
            yield from spoken("here.")

        return Reply(pieces=pieces())

    stub.replies = [answer]
    chosen = backend(stub, timeout_s=60, silence_s=60)

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: text_of(list(chosen.stream(request()))), range(100)))

    assert answers == ["All here."] * 100


class TestContract(BackendContract):
    backend_class = OpenAICompatible

    @pytest.fixture
    def peer(self, stub: OpenAIStub) -> OpenAIStub:
        stub.say("The lighthouse ", "is 42 metres high [1].")
        return stub

    def options(self, peer: OpenAIStub) -> Options:
        return Options(base_url=peer.base_url, api_key=CONTRACT_KEY, model="m", timeout_s=10)

    def speak_slowly(self, peer: OpenAIStub) -> None:
        peer.replies = [Reply(pieces=spoken(*["word "] * 300), delay_s=0.05), *peer.replies]

    def is_busy(self, peer: OpenAIStub) -> bool:
        return peer.busy > 0

    def refuse(self, peer: OpenAIStub) -> bool:
        peer.fail(400, {"code": "bad", "message": f"Bearer {CONTRACT_KEY} and {CONTRACT_KEY} are no good"})
        return True
