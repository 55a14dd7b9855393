"""Base models behind text-generation-inference, against a real loopback server."""

import time
from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured

from llm.bloom import Bloom
from llm.types import Options, Usage
from tests.llm.backend_contract import KEY, BackendContract, asked, text_of
from tests.llm.http_stub import Recorded, Reply
from tests.llm.tgi_stub import TGIStub, backend, frame, spoken

CLOSED = "https://api-inference.huggingface.co is no longer supported. Please use https://router…"


@pytest.fixture
def tgi() -> Iterator[TGIStub]:
    with TGIStub().serving() as running:
        yield running


class TestContract(BackendContract):
    backend_class = Bloom

    @pytest.fixture
    def peer(self, tgi: TGIStub) -> TGIStub:
        tgi.say(" It is", " 42", " metres", " high.")
        return tgi

    def options(self, peer: TGIStub) -> Options:
        return Options(base_url=peer.address, api_key=KEY, context_tokens=2048, max_tokens=256, timeout_s=5)

    def speak_slowly(self, peer: TGIStub) -> None:
        slow = Reply(pieces=spoken(*[" word"] * 500), delay_s=0.05)
        peer.replies = [slow, Reply(pieces=spoken(" Again."))]

    def is_busy(self, peer: TGIStub) -> bool:
        return peer.busy > 0

    def refuse(self, peer: TGIStub) -> bool:
        peer.fail(401, {"error": f"Authorization header Bearer {KEY} is invalid"})
        return True


def test_sends_a_prompt_to_continue_and_the_parameters(tgi: TGIStub) -> None:
    list(backend(tgi).stream(asked(temperature=0.2, max_tokens=900, stop=("END",))))

    sent = tgi.requests[0]
    assert (sent.method, sent.path) == ("POST", "/")
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert tgi.prompt.startswith("Context:\n[Lighthouse]\n")
    assert tgi.prompt.endswith("\n\nQuestion: How high is the lighthouse?\nAnswer:")
    assert sent.body["stream"] is True
    assert tgi.parameters == {
        "max_new_tokens": 256,
        "temperature": 0.2,
        "repetition_penalty": 1.15,
        "stop": ["END", "\n\n", "\nQuestion:", "\nContext:"],
        "details": True,
        "return_full_text": False,
    }


def test_parameters_are_kept_within_what_the_server_takes(tgi: TGIStub) -> None:
    given = {"return_full_text": True, "top_p": 1.0, "top_k": 5, "stop": list("abcdef"), "seed": 7}

    list(backend(tgi, parameters=given).stream(asked(temperature=0)))

    assert tgi.parameters["return_full_text"] is False
    assert "top_p" not in tgi.parameters
    assert "temperature" not in tgi.parameters
    assert tgi.parameters["do_sample"] is False
    assert (tgi.parameters["top_k"], tgi.parameters["seed"]) == (5, 7)
    assert tgi.parameters["stop"] == ["a", "b", "c", "d"]


@pytest.mark.parametrize("path", ["", "/", "/generate_stream", "/models/bloom?x=1"])
def test_the_address_is_used_as_given(tgi: TGIStub, path: str) -> None:
    list(backend(tgi, base_url=tgi.address + path).stream(asked()))

    assert tgi.requests[0].path == (path.partition("?")[0] or "/")
    assert tgi.requests[0].query == ({"x": "1"} if "?" in path else {})


def test_without_a_key_none_is_sent(tgi: TGIStub) -> None:
    list(backend(tgi, api_key="").stream(asked()))

    assert "authorization" not in tgi.requests[0].headers


@pytest.mark.parametrize("split", [1, 2, 3, 7, 1000])
def test_text_arrives_whole_however_the_bytes_are_cut(tgi: TGIStub, split: int) -> None:
    tgi.say(" 据《", "史记》载,", "é 𠀀\u2028 end", split=split)

    assert text_of(list(backend(tgi).stream(asked()))) == "据《史记》载,é 𠀀\u2028 end"


def test_usage_and_reason_come_last(tgi: TGIStub) -> None:
    deltas = list(backend(tgi).stream(asked()))

    assert (deltas[-1].usage, deltas[-1].finish_reason) == (Usage(5, 7), "stop")


def test_an_answer_cut_by_its_length_says_so(tgi: TGIStub) -> None:
    details = {"finish_reason": "length", "generated_tokens": 256, "input_length": 9}
    tgi.replies = [Reply(pieces=[frame(" It"), frame(" is", whole=" It is", details=details)])]

    deltas = list(backend(tgi).stream(asked()))

    assert text_of(deltas) == "It is"
    assert deltas[-1].finish_reason == "length"


def test_special_tokens_comments_and_done_are_not_text(tgi: TGIStub) -> None:
    pieces = [":\n\n", frame("<s>", special=True), frame(" Hi"), ": keep-alive\n\n", *spoken()]
    tgi.replies = [Reply(pieces=[*pieces, "data: [DONE]\n\n"])]

    assert text_of(list(backend(tgi).stream(asked()))) == "Hi"


def test_a_stop_string_ends_the_answer_and_the_connection(tgi: TGIStub) -> None:
    tgi.say(" It is 42 m.", "\n", "Quest", "ion", ":", " Who?", *[" more"] * 2000, delay_s=0.005)

    deltas = list(backend(tgi).stream(asked()))

    assert text_of(deltas) == "It is 42 m."
    assert deltas[-1].finish_reason == "stop"
    end = time.monotonic() + 5
    while tgi.busy and time.monotonic() < end:
        time.sleep(0.01)
    assert not tgi.busy


@pytest.mark.parametrize("shape", ["list", "object", "nested"])
def test_servers_that_do_not_stream(tgi: TGIStub, shape: str) -> None:
    answer = {"generated_text": " 42 metres.\n\nQuestion: x", "details": {"finish_reason": "length"}}
    tgi.replies = [Reply(body={"list": [answer], "object": answer, "nested": [[answer]]}[shape])]

    assert text_of(list(backend(tgi).stream(asked()))) == "42 metres."


def test_a_repeated_prompt_is_taken_off(tgi: TGIStub) -> None:
    def echo(request: Recorded) -> Reply:
        return Reply(body=[{"generated_text": request.body["inputs"] + " 42 metres."}])

    tgi.replies = [echo]

    assert text_of(list(backend(tgi).stream(asked()))) == "42 metres."


@pytest.mark.parametrize("address", ["", "bigscience/bloom", "ftp://x"])
def test_an_address_is_needed(address: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        Bloom(Options(base_url=address))


def test_a_base_model_does_not_cite() -> None:
    described = Bloom(Options(base_url="http://h")).describe()

    assert not described.follows_instructions


def test_the_preset_is_the_budget_of_bloom() -> None:
    preset = Bloom.kind.preset

    assert (preset.context_tokens, preset.max_tokens, preset.context_words) == (2048, 256, 700)
