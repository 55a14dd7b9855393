"""What servers say when they refuse, over a real loopback server."""

from typing import Any

import pytest
from django.utils import translation

from llm.errors import (
    AuthRefused,
    BadResponse,
    Blocked,
    ContextTooLong,
    LLMError,
    Loading,
    QuotaUsedUp,
    RateLimited,
    Unavailable,
    UnknownModel,
)
from llm.openai import OpenAICompatible
from llm.types import Options
from tests.llm.openai_calls import KEY, backend, request
from tests.llm.openai_stub import OpenAIStub, Reply, chunk


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
        (
            400,
            {"code": "Client specified an invalid argument", "error": f"Incorrect API key {KEY}"},
            AuthRefused,
        ),
        (400, [{"error": {"code": 400, "message": "API key not valid."}}], AuthRefused),
        (400, {"code": "malformed_json", "message": f"bad {KEY}"}, BadResponse),
        (402, {"message": "pay"}, QuotaUsedUp),
        (429, {"code": "insufficient_quota", "message": "quota"}, QuotaUsedUp),
        (500, {"code": "internal_error", "message": "oops"}, Unavailable),
        (503, {"code": 503, "message": "Loading model", "type": "unavailable_error"}, Loading),
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


def test_a_server_that_is_loading_says_so_at_once(stub: OpenAIStub) -> None:
    stub.fail(503, {"code": 503, "message": "Loading model", "type": "unavailable_error"})

    with pytest.raises(Loading, match="Loading model") as caught:
        list(backend(stub).stream(request()))

    assert caught.value.retry_after
    assert len(stub.chats) == 1


def test_an_error_body_under_http_200_is_that_error(stub: OpenAIStub) -> None:
    stub.fail(200, {"code": "rpm_rate_limit_exceeded", "type": "rate_limit_exceeded", "message": "slow"})
    with pytest.raises(RateLimited):
        list(backend(stub).stream(request()))

    stub.fail(200, {"message": "something else"})
    with pytest.raises(BadResponse, match="something else"):
        list(backend(stub).stream(request()))


def test_an_overflow_tells_both_numbers(stub: OpenAIStub) -> None:
    kind = "exceed_context_size_error"
    stub.fail(400, {"code": 400, "type": kind, "message": "too long", "n_prompt_tokens": 9001, "n_ctx": 4096})

    with pytest.raises(ContextTooLong, match=r"9001 tokens.*4096"):
        list(backend(stub).stream(request()))


def test_a_web_page_is_not_quoted(stub: OpenAIStub) -> None:
    stub.fail(404, "<html><body>nginx</body></html>")

    with pytest.raises(UnknownModel, match="HTTP 404") as caught:
        list(backend(stub).stream(request()))

    assert "nginx" not in str(caught.value)


def test_a_server_without_models(stub: OpenAIStub) -> None:
    stub.models = []

    with pytest.raises(BadResponse, match="lists no model"):
        list(backend(stub, model="").stream(request()))


def test_errors_speak_the_language_of_who_waits(stub: OpenAIStub) -> None:
    stub.fail(500, {"message": "oops"})

    with translation.override("zh-hans"), pytest.raises(Unavailable) as caught:
        list(backend(stub).stream(request()))

    assert not str(caught.value).startswith("The language model")


def test_nobody_listens() -> None:
    lost = OpenAICompatible(Options(base_url="http://127.0.0.1:9/v1", model="m", timeout_s=2))

    with pytest.raises(Unavailable, match="base URL of the endpoint"):
        list(lost.stream(request()))


def test_a_server_that_hangs_up(stub: OpenAIStub) -> None:
    stub.replies = [Reply(hang_up=True)]

    with pytest.raises(Unavailable):
        list(backend(stub).stream(request()))


def test_a_content_filter_blocks(stub: OpenAIStub) -> None:
    stub.replies = [Reply(pieces=[chunk({"content": "I"}), chunk({}, finish="content_filter")])]

    with pytest.raises(Blocked):
        list(backend(stub).stream(request()))
