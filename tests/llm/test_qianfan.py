"""Qianfan v2 against a loopback server that keeps to its documents."""

from collections.abc import Iterator
from typing import Any

import pytest

from llm.errors import (
    AuthRefused,
    BadResponse,
    Blocked,
    ContextTooLong,
    HistoryRefused,
    LLMError,
    RateLimited,
    Unavailable,
    UnknownModel,
)
from llm.qianfan import BASE_URL, Qianfan
from llm.types import Message, Options, Request, Usage
from tests.llm.backend_contract import KEY as CONTRACT_KEY
from tests.llm.backend_contract import BackendContract, asked, text_of
from tests.llm.http_stub import Reply
from tests.llm.openai_stub import chunk
from tests.llm.qianfan_stub import KEY, QianfanStub, refused, v2_spoken


@pytest.fixture
def v2() -> Iterator[QianfanStub]:
    with QianfanStub().serving() as running:
        yield running


def backend(v2: QianfanStub, **options: Any) -> Qianfan:
    values: dict[str, Any] = {"base_url": v2.base_url, "api_key": KEY, "model": "ernie-4.5-turbo-128k"}
    return Qianfan(Options(**values | options))


def spoken_to(v2: QianfanStub, *messages: Message, **changes: Any) -> dict[str, Any]:
    """The body of the request that was sent for ``messages``."""
    list(backend(v2).stream(Request(messages=messages, question="?", **changes)))
    return dict(v2.chats[-1].body)


class TestContract(BackendContract):
    backend_class = Qianfan

    @pytest.fixture
    def peer(self, v2: QianfanStub) -> QianfanStub:
        v2.keys = {f"bce-v3/ALTAK-{CONTRACT_KEY}/0123"}
        v2.say("The lighthouse ", "is 42 metres high [1].")
        return v2

    def options(self, peer: QianfanStub) -> Options:
        key = f"bce-v3/ALTAK-{CONTRACT_KEY}/0123"
        return Options(base_url=peer.base_url, api_key=key, model="ernie-x1.1", timeout_s=10)

    def speak_slowly(self, peer: QianfanStub) -> None:
        peer.replies = [Reply(pieces=v2_spoken(*["字"] * 300), delay_s=0.05), *peer.replies]

    def is_busy(self, peer: QianfanStub) -> bool:
        return peer.busy > 0

    def refuse(self, peer: QianfanStub) -> bool:
        peer.replies = [refused(400, "invalid_argument", f"wrong: bce-v3/ALTAK-{CONTRACT_KEY}/0123")]
        return True


def test_the_service_of_baidu_is_the_default() -> None:
    assert Qianfan(Options(api_key=KEY, model="ernie-5.0")).describe().details == {"base_url": BASE_URL}


@pytest.mark.parametrize("split", [1, 2, 5, 1000])
def test_an_answer_arrives_whole(v2: QianfanStub, split: int) -> None:
    v2.say("灯塔高", "四十二米[1]。", split=split)

    deltas = list(backend(v2).stream(asked()))

    assert text_of(deltas) == "灯塔高四十二米[1]。"
    assert (deltas[-1].finish_reason, deltas[-1].usage) == ("stop", Usage(2, 21))


def test_reasoning_is_kept_apart(v2: QianfanStub) -> None:
    v2.replies = [Reply(pieces=[chunk({"reasoning_content": "想一想"}), *v2_spoken("好")])]

    deltas = list(backend(v2).stream(asked()))

    assert "".join(delta.reasoning for delta in deltas) == "想一想"
    assert text_of(deltas) == "好"


def test_the_application_travels_as_a_header(v2: QianfanStub) -> None:
    list(backend(v2, parameters={"appid": "app-1", "penalty_score": 1.2}).stream(asked()))

    sent = v2.chats[0]
    assert sent.headers["appid"] == "app-1"
    assert sent.body["penalty_score"] == 1.2
    assert "appid" not in sent.body


@pytest.mark.parametrize(("given", "sent"), [(0.0, 0.01), (0.3, 0.3), (1.7, 1.0)])
def test_the_temperature_is_brought_into_the_range(v2: QianfanStub, given: float, sent: float) -> None:
    assert spoken_to(v2, Message("user", "?"), temperature=given)["temperature"] == sent


def test_messages_alternate_after_the_system_text(v2: QianfanStub) -> None:
    body = spoken_to(
        v2,
        Message("system", "Be brief."),
        Message("assistant", "Welcome."),
        Message("user", "One"),
        Message("user", "Two"),
        Message("assistant", " "),
        Message("user", "Three"),
    )

    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "One\n\nTwo\n\nThree"},
    ]
    assert body["max_completion_tokens"] == 1024


def test_a_key_of_v1_is_explained(v2: QianfanStub) -> None:
    with pytest.raises(AuthRefused, match="bce-v3/ALTAK-"):
        list(backend(v2, api_key="24charsOfAnOldApiKey0000").stream(asked()))


def test_a_wrong_key_of_the_right_form(v2: QianfanStub) -> None:
    with pytest.raises(AuthRefused, match="check the key of the endpoint"):
        list(backend(v2, api_key="bce-v3/ALTAK-wrong/0000").stream(asked()))


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "malformed_json", BadResponse),
        (400, "invalid_model", UnknownModel),
        (400, "invalid_messages", BadResponse),
        (400, "characters_too_long", ContextTooLong),
        (400, "tokens_too_long", ContextTooLong),
        (400, "invalid_argument", BadResponse),
        (401, "invalid_iam_token", AuthRefused),
        (401, "invalid_appid", AuthRefused),
        (401, "no_parameter_permission", AuthRefused),
        (401, "invalid_model", UnknownModel),
        (403, "access_denied", AuthRefused),
        (403, "system_unsafe", Blocked),
        (403, "user_setting_unsafe", Blocked),
        (403, "functions_unsafe", Blocked),
        (405, "method_not_supported", BadResponse),
        (429, "rpm_rate_limit_exceeded", RateLimited),
        (429, "tpm_rate_limit_exceeded", RateLimited),
        (429, "preemptible_rate_limit_exceeded", RateLimited),
        (500, "internal_error", Unavailable),
        (500, "dispatch_internal_error", Unavailable),
    ],
)
def test_errors_of_the_documents(v2: QianfanStub, status: int, code: str, expected: type[LLMError]) -> None:
    v2.replies = [refused(status, code)]

    with pytest.raises(LLMError) as caught:
        list(backend(v2).stream(asked()))

    assert type(caught.value) is expected
    assert len(v2.chats) == 1


def test_a_rate_limit_says_how_long(v2: QianfanStub) -> None:
    v2.replies = [refused(429, "rpm_rate_limit_exceeded", **{"Retry-After": "12"})]

    with pytest.raises(RateLimited) as caught:
        list(backend(v2).stream(asked()))

    assert caught.value.retry_after == 12


def flagged(**marks: Any) -> list[str]:
    choice = {"index": 0, "delta": {"content": "I "}, "finish_reason": None} | marks
    return [chunk(None, choices=[choice]), *v2_spoken("more")]


def test_a_safety_flag_blocks(v2: QianfanStub) -> None:
    v2.replies = [Reply(pieces=flagged(flag=1))]

    with pytest.raises(Blocked, match="unsafe"):
        list(backend(v2).stream(asked()))


def test_flag_zero_is_no_flag(v2: QianfanStub) -> None:
    v2.replies = [Reply(pieces=flagged(flag=0, ban_round=0))]

    assert text_of(list(backend(v2).stream(asked()))) == "I more"


@pytest.mark.parametrize("turn", [-1, 0, 3, None])
def test_a_conversation_that_must_begin_anew(v2: QianfanStub, turn: int | None) -> None:
    v2.replies = [Reply(pieces=flagged(need_clear_history=True, ban_round=turn))]

    with pytest.raises(HistoryRefused, match="something in this conversation"):
        list(backend(v2).stream(asked()))


def test_an_error_under_http_200(v2: QianfanStub) -> None:
    error = {"error": {"code": "rpm_rate_limit_exceeded", "message": "slow", "type": "rate_limit_exceeded"}}
    v2.replies = [Reply(body=error)]

    with pytest.raises(RateLimited):
        list(backend(v2).stream(asked()))
