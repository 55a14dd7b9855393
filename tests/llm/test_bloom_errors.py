"""What goes wrong behind text-generation-inference, against a real loopback server."""

from collections.abc import Iterator
from typing import Any

import pytest

from llm.bloom import Bloom
from llm.errors import (
    AuthRefused,
    BadResponse,
    ContextTooLong,
    LLMError,
    QuotaUsedUp,
    RateLimited,
    Unavailable,
    UnknownModel,
)
from llm.types import Options, Source
from tests.llm.backend_contract import KEY, asked, text_of
from tests.llm.http_stub import Reply
from tests.llm.tgi_stub import TGIStub, backend, failure, first_text, frame, spoken

CLOSED = "https://api-inference.huggingface.co is no longer supported. Please use https://router…"


@pytest.fixture
def tgi() -> Iterator[TGIStub]:
    with TGIStub().serving() as running:
        yield running


@pytest.mark.parametrize(
    ("status", "body", "expected", "word"),
    [
        (400, {"error": f"bad {KEY}"}, BadResponse, "bad"),
        (401, "", AuthRefused, "key"),
        (402, {"error": "pay"}, QuotaUsedUp, "quota"),
        (403, {"error": "forbidden"}, AuthRefused, "key"),
        (404, {"error": "Model bigscience/bloom does not exist"}, UnknownModel, "/v1"),
        (405, "", UnknownModel, "address"),
        (410, {"error": CLOSED}, UnknownModel, "closed"),
        (413, "", ContextTooLong, "shorter"),
        (422, {"error": "Input validation: `top_k`", "error_type": "validation"}, BadResponse, "top_k"),
        (424, {"error": "Request failed", "error_type": "generation"}, Unavailable, "again"),
        (429, {"error": "Model is overloaded", "error_type": "overloaded"}, RateLimited, "wait"),
        (500, {"error": "Incomplete", "error_type": "incomplete_generation"}, Unavailable, "again"),
        (502, "<html>bad gateway</html>", Unavailable, "again"),
        (503, {"error": ["loading", "workers"]}, Unavailable, "loading; workers"),
    ],
)  # fmt: skip
def test_refusals_become_typed_errors_without_the_key(
    tgi: TGIStub, status: int, body: Any, expected: type[LLMError], word: str
) -> None:
    tgi.fail(status, body)

    with pytest.raises(expected) as caught:
        list(backend(tgi).stream(asked()))

    assert type(caught.value) is expected
    assert word in str(caught.value)
    assert KEY not in str(caught.value)
    assert len(tgi.requests) == 1


@pytest.mark.parametrize("status", [503, 200])
def test_a_loading_model_says_how_long_it_takes(tgi: TGIStub, status: int) -> None:
    tgi.fail(status, {"error": "Model bigscience/bloom is currently loading", "estimated_time": 21.4})

    with pytest.raises(Unavailable, match="about 21 seconds") as caught:
        list(backend(tgi).stream(asked()))

    assert caught.value.retry_after == 21.4
    assert not caught.value.permanent


def test_a_rate_limit_tells_how_long_to_wait(tgi: TGIStub) -> None:
    tgi.fail(429, {"error": "Rate limit reached"}, Retry_After="30")

    with pytest.raises(RateLimited) as caught:
        list(backend(tgi).stream(asked()))

    assert caught.value.retry_after == 30


@pytest.mark.parametrize(
    "limit",
    [
        "`inputs` must have less than 400 tokens. Given: 1200",
        "`inputs` tokens + `max_new_tokens` must be <= 656. Given: 1200 `inputs` tokens and 256 more",
    ],
)
def test_a_prompt_that_the_server_counts_as_too_long_is_shortened(tgi: TGIStub, limit: str) -> None:
    message = f"Input validation error: {limit}"
    long = Source(1, "The keeper lights the lamp at dusk. " * 300)
    tgi.replies = [
        Reply(status=422, body={"error": message, "error_type": "validation"}),
        Reply(pieces=spoken(" At dusk.")),
    ]

    deltas = list(backend(tgi).stream(asked(sources=(long,))))

    assert text_of(deltas) == "At dusk."
    first, second = (len(sent.body["inputs"]) for sent in tgi.requests)
    assert 0.2 < second / first < 0.34
    assert tgi.prompt.endswith("\nAnswer:")


def test_a_prompt_that_never_fits_is_too_long(tgi: TGIStub) -> None:
    message = "Input validation error: `inputs` must have less than 1000 tokens. Given: 1200"
    tgi.fail(422, {"error": message, "error_type": "validation"})

    with pytest.raises(ContextTooLong):
        list(backend(tgi).stream(asked()))

    assert len(tgi.requests) == 3


def test_parameters_that_a_plain_endpoint_does_not_take_are_left_out(tgi: TGIStub) -> None:
    refusal = "The following `model_kwargs` are not used by the model: ['details', 'stop'] (note: typos)"
    tgi.replies = [Reply(status=400, body={"error": refusal}), Reply(body=[{"generated_text": "42 metres"}])]

    assert text_of(list(backend(tgi).stream(asked()))) == "42 metres"
    assert not {"details", "stop"} & set(tgi.parameters)
    assert tgi.parameters["return_full_text"] is False


def test_an_error_in_the_middle_keeps_the_part_received(tgi: TGIStub) -> None:
    tgi.replies = [Reply(pieces=[frame(" It is"), failure("CUDA out of memory", "generation")])]

    deltas = backend(tgi).stream(asked())

    assert first_text(deltas) == "It is"
    with pytest.raises(Unavailable, match="CUDA out of memory"):
        list(deltas)


@pytest.mark.parametrize("how", [{"drop": True}, {"chunked": False}, {}])
def test_a_connection_that_drops_is_no_end(tgi: TGIStub, how: dict[str, Any]) -> None:
    tgi.replies = [Reply(pieces=[frame(" It is")], **how)]

    with pytest.raises(Unavailable, match="broke off"):
        list(backend(tgi).stream(asked()))


def test_a_server_that_hangs_up_is_unavailable(tgi: TGIStub) -> None:
    tgi.replies = [Reply(hang_up=True)]

    with pytest.raises(Unavailable):
        list(backend(tgi).stream(asked()))


@pytest.mark.parametrize("body", ["<html>hello</html>", "[]", "{}", '{"choices": []}'])
def test_another_kind_of_server_is_told(tgi: TGIStub, body: str) -> None:
    tgi.replies = [Reply(body=body)]

    with pytest.raises(BadResponse, match="check the address"):
        list(backend(tgi).stream(asked()))


def test_a_stream_that_is_no_json_is_told(tgi: TGIStub) -> None:
    tgi.replies = [Reply(pieces=["data:hello\n\n"])]

    with pytest.raises(BadResponse):
        list(backend(tgi).stream(asked()))


def test_silence_before_the_answer_ends(tgi: TGIStub) -> None:
    tgi.replies = [Reply(wait_s=20, pieces=spoken(" Hi"))]

    with pytest.raises(Unavailable, match="said nothing"):
        list(backend(tgi, timeout_s=0.2).stream(asked()))


def test_silence_in_the_answer_ends_and_keeps_the_part_received(tgi: TGIStub) -> None:
    def pieces() -> Iterator[str]:
        yield frame(" It is")
        tgi.closing.wait(20)
        yield from spoken(" late")

    tgi.replies = [Reply(pieces=pieces())]

    deltas = backend(tgi, silence_s=0.3).stream(asked())

    assert first_text(deltas) == "It is"
    with pytest.raises(Unavailable, match="said nothing"):
        list(deltas)


def test_keep_alives_are_not_an_answer(tgi: TGIStub) -> None:
    tgi.replies = [Reply(pieces=[":\n\n"] * 200, delay_s=0.05)]

    with pytest.raises(Unavailable, match="said nothing"):
        list(backend(tgi, timeout_s=0.3, silence_s=5).stream(asked()))


def test_nobody_listening_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        list(Bloom(Options(base_url="http://127.0.0.1:9")).stream(asked()))
