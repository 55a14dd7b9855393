"""The OpenAI-compatible back end against a real loopback server."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from llm.errors import (
    AuthRefused,
    BadResponse,
    Blocked,
    ContextTooLong,
    LLMError,
    QuotaUsedUp,
    RateLimited,
    Unavailable,
    UnknownModel,
)
from llm.openai import OpenAICompatible
from llm.types import Delta, Message, Options, Request, Source, Usage
from tests.llm.openai_stub import OpenAIStub, Reply, chunk, spoken

KEY = "sk-secret-0123456789"


def request(**changes: Any) -> Request:
    values: dict[str, Any] = {
        "messages": (Message("system", "Be brief."), Message("user", "Who?")),
        "question": "Who?",
        "sources": (Source(1, "Ada wrote it."),),
    }
    return Request(**values | changes)


def backend(stub: OpenAIStub, **options: Any) -> OpenAICompatible:
    return OpenAICompatible(
        Options(**{"base_url": stub.base_url, "api_key": KEY, "model": "m", "timeout_s": 5} | options)
    )


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas)


def reasoning_of(deltas: list[Delta]) -> str:
    return "".join(delta.reasoning for delta in deltas)


def test_sends_messages_key_and_limits(stub: OpenAIStub) -> None:
    list(backend(stub).stream(request(max_tokens=77, temperature=0.3, stop=("END",))))

    sent = stub.chats[0]
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.body["messages"][1] == {"role": "user", "content": "Who?"}
    assert (sent.body["max_tokens"], sent.body["temperature"], sent.body["stop"]) == (77, 0.3, ["END"])
    assert sent.body["stream"] is True
    assert sent.body["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("split", [1, 2, 3, 7, 1000])
def test_text_arrives_whole_however_the_bytes_are_cut(stub: OpenAIStub, split: int) -> None:
    stub.say("据《", "史记》载,", "é 𠀀\u2028 end", split=split)

    assert text_of(list(backend(stub).stream(request()))) == "据《史记》载,é 𠀀\u2028 end"


def test_usage_and_reason_come_last(stub: OpenAIStub) -> None:
    deltas = list(backend(stub).stream(request()))

    assert [delta.usage for delta in deltas if delta.usage] == [Usage(5, 7)]
    assert deltas[-1].finish_reason == "stop"


def test_missing_usage_is_fine(stub: OpenAIStub) -> None:
    stub.replies = [Reply(pieces=spoken("Hi", usage=False))]

    deltas = list(backend(stub).stream(request()))

    assert text_of(deltas) == "Hi"
    assert not any(delta.usage for delta in deltas)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_is_kept_apart(stub: OpenAIStub, name: str) -> None:
    pieces = [chunk({"role": "assistant"}), chunk({name: "Let me see"}), *spoken("42")]
    stub.replies = [Reply(pieces=pieces)]

    deltas = list(backend(stub).stream(request()))

    assert (reasoning_of(deltas), text_of(deltas)) == ("Let me see", "42")


def test_think_block_split_across_chunks(stub: OpenAIStub) -> None:
    stub.say("<th", "ink>I won", "der</th", "ink>\n\nYes <", "b>.")

    deltas = list(backend(stub).stream(request()))

    assert (reasoning_of(deltas), text_of(deltas)) == ("I wonder", "Yes <b>.")


def test_keep_alive_comments_are_skipped(stub: OpenAIStub) -> None:
    stub.replies = [Reply(pieces=[": keep-alive\n\n", *spoken("Hi"), ": bye\n\n"])]

    assert text_of(list(backend(stub).stream(request()))) == "Hi"


def test_empty_model_takes_the_first_one_listed(stub: OpenAIStub) -> None:
    stub.models = ["first", "second"]
    chosen = backend(stub, model="")

    list(chosen.stream(request()))

    assert stub.chats[0].body["model"] == "first"
    assert chosen.describe().model == "first"


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (401, {"code": "invalid_api_key", "message": f"Incorrect API key provided: {KEY}"}, AuthRefused),
        (403, {"code": "access_denied", "message": "no"}, AuthRefused),
        (403, {"code": "system_unsafe", "message": "unsafe"}, Blocked),
        (404, {"code": "model_not_found", "message": "The model 'm' does not exist"}, UnknownModel),
        (404, {"type": "not_found_error", "message": "model not found", "code": None}, UnknownModel),
        (400, {"type": "exceed_context_size_error", "message": "too long", "code": 400}, ContextTooLong),
        (400, {"code": "tokens_too_long", "message": "too long"}, ContextTooLong),
        (400, {"message": "This model's maximum context length is 4096 tokens"}, ContextTooLong),
        (400, {"code": "malformed_json", "message": f"bad {KEY}"}, BadResponse),
        (402, {"message": "pay"}, QuotaUsedUp),
        (429, {"code": "insufficient_quota", "message": "quota"}, QuotaUsedUp),
        (500, {"code": "internal_error", "message": "oops"}, Unavailable),
        (503, {"code": 503, "message": "Loading model", "type": "unavailable_error"}, Unavailable),
    ],
)
def test_refusals_become_typed_errors_without_the_key(
    stub: OpenAIStub, status: int, error: dict[str, Any], expected: type[LLMError]
) -> None:
    stub.fail(status, error)

    with pytest.raises(expected) as caught:
        list(backend(stub).stream(request()))

    assert type(caught.value) is expected
    assert KEY not in str(caught.value)


def test_rate_limit_tells_how_long_to_wait(stub: OpenAIStub) -> None:
    stub.fail(429, {"code": "rpm_rate_limit_exceeded", "message": "slow"}, Retry_After="30")

    with pytest.raises(RateLimited) as caught:
        list(backend(stub).stream(request()))

    assert caught.value.retry_after == 30
    assert not caught.value.permanent
    assert len(stub.chats) == 1


def test_a_short_wait_is_granted_once(stub: OpenAIStub) -> None:
    busy = Reply(status=429, headers={"Retry-After": "0.01"}, body={"error": {"message": "slow"}})
    stub.replies = [busy, Reply(pieces=spoken("Now."))]

    assert text_of(list(backend(stub).stream(request()))) == "Now."


def test_a_server_that_is_loading_is_asked_once_more(stub: OpenAIStub) -> None:
    loading = Reply(status=503, body={"error": {"code": 503, "message": "Loading model"}})
    stub.replies = [loading, Reply(pieces=spoken("Ready."))]

    assert text_of(list(backend(stub).stream(request()))) == "Ready."


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


def test_an_error_body_under_http_200_is_that_error(stub: OpenAIStub) -> None:
    stub.fail(200, {"code": "rpm_rate_limit_exceeded", "type": "rate_limit_exceeded", "message": "slow"})
    with pytest.raises(RateLimited):
        list(backend(stub).stream(request()))

    stub.fail(200, {"message": "something else"})
    with pytest.raises(BadResponse, match="something else"):
        list(backend(stub).stream(request()))


@pytest.mark.parametrize("pieces", [["data: [DONE]\n\n"], ["<html>hello</html>"], [""]])
def test_a_body_that_is_no_stream(stub: OpenAIStub, pieces: list[str]) -> None:
    stub.replies = [Reply(pieces=pieces)]

    with pytest.raises(BadResponse):
        list(backend(stub).stream(request()))


def test_an_answer_in_one_piece_is_taken(stub: OpenAIStub) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Whole."}, "finish_reason": "stop"}
    stub.replies = [Reply(body={"object": "chat.completion", "choices": [choice]})]

    assert text_of(list(backend(stub).stream(request()))) == "Whole."


def test_an_error_in_the_middle_of_the_stream(stub: OpenAIStub) -> None:
    error = 'data: {"error": {"code": 500, "message": "out of memory"}}\n\n'
    stub.replies = [Reply(pieces=[chunk({"content": "Half an"}), error])]

    assert_breaks_off(backend(stub), "Half an", Unavailable)


@pytest.mark.parametrize("chunked", [True, False])
def test_a_dropped_connection_keeps_what_came(stub: OpenAIStub, chunked: bool) -> None:
    stub.replies = [Reply(pieces=[chunk({"content": "Half an"})], chunked=chunked, drop=True)]

    assert_breaks_off(backend(stub), "Half an", Unavailable)


def test_silence_in_the_middle_ends_the_wait(stub: OpenAIStub) -> None:
    stub.replies = [Reply(pieces=[chunk({"content": "Half"}), *spoken("late")], delay_s=0.8)]
    patient_at_first = backend(stub, timeout_s=5, silence_s=0.2)

    with pytest.raises(Unavailable, match="said nothing"):
        list(patient_at_first.stream(request()))


def test_nobody_listens() -> None:
    lost = OpenAICompatible(Options(base_url="http://127.0.0.1:9/v1", model="m", timeout_s=2))

    with pytest.raises(Unavailable, match="LLM_BASE_URL"):
        list(lost.stream(request()))


def test_a_content_filter_blocks(stub: OpenAIStub) -> None:
    stub.replies = [Reply(pieces=[chunk({"content": "I"}), chunk({}, finish="content_filter")])]

    with pytest.raises(Blocked):
        list(backend(stub).stream(request()))


def test_an_address_is_needed() -> None:
    with pytest.raises(ImproperlyConfigured, match="base URL"):
        OpenAICompatible(Options(base_url=""))


def assert_breaks_off(chosen: OpenAICompatible, part: str, expected: type[LLMError]) -> None:
    received: list[Delta] = []
    with pytest.raises(expected):
        received.extend(iter_into(chosen, received))
    assert text_of(received) == part


def iter_into(chosen: OpenAICompatible, received: list[Delta]) -> list[Delta]:
    for delta in chosen.stream(request()):
        received.append(delta)
    return []
