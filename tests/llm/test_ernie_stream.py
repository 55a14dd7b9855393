"""Answers of Qianfan v1 as they really come, over a real loopback server."""

from collections.abc import Iterator
from typing import Any

import pytest

from llm.errors import BadResponse, Blocked, ContextTooLong, HistoryRefused, LLMError, Unavailable
from llm.types import Delta, Usage
from tests.llm.backend_contract import asked, text_of
from tests.llm.ernie_calls import assert_breaks_off, backend
from tests.llm.ernie_stub import ErnieStub, frame, v1_spoken
from tests.llm.http_stub import Reply


@pytest.fixture
def v1() -> Iterator[ErnieStub]:
    with ErnieStub().serving() as running:
        yield running


@pytest.mark.parametrize("split", [1, 2, 5, 1000])
def test_an_answer_arrives_whole(v1: ErnieStub, split: int) -> None:
    v1.say("灯塔高", "四十二米[1]。\u2028", split=split)

    deltas = list(backend(v1).stream(asked()))

    assert text_of(deltas) == "灯塔高四十二米[1]。\u2028"
    assert deltas[-1] == Delta(usage=Usage(1, 4), finish_reason="stop")


def test_the_stream_ends_at_is_end_though_the_connection_stays(v1: ErnieStub) -> None:
    def and_more() -> Iterator[str]:
        yield from v1_spoken("All.")
        v1.closing.wait(30)
        yield frame("never read")

    v1.replies = [Reply(pieces=and_more())]

    assert text_of(list(backend(v1).stream(asked()))) == "All."


@pytest.mark.parametrize("turn", [-1, 0, 2, None])
def test_a_conversation_that_must_begin_anew(v1: ErnieStub, turn: int | None) -> None:
    last = frame("", end=True, need_clear_history=True, ban_round=turn)
    v1.replies = [Reply(pieces=[frame("I"), last])]

    with pytest.raises(HistoryRefused, match="something in this conversation"):
        list(backend(v1).stream(asked()))


def test_a_content_filter_blocks(v1: ErnieStub) -> None:
    v1.replies = [Reply(pieces=[frame("", end=True, finish_reason="content_filter")])]

    with pytest.raises(Blocked):
        list(backend(v1).stream(asked()))


@pytest.mark.parametrize(
    ("marks", "reason"),
    [
        ({"is_truncated": True}, "length"),
        ({"is_truncated": True, "finish_reason": "normal"}, "length"),
        ({"finish_reason": "normal"}, "stop"),
        ({"finish_reason": "length"}, "length"),
        ({}, "stop"),
    ],
)
def test_why_an_answer_ended(v1: ErnieStub, marks: dict[str, Any], reason: str) -> None:
    v1.replies = [Reply(pieces=[frame("x"), frame(end=True, **marks)])]

    assert [delta.finish_reason for delta in backend(v1).stream(asked())] == ["", reason]


def test_an_answer_in_one_piece_is_taken(v1: ErnieStub) -> None:
    v1.replies = [Reply(body={"id": "as-x", "result": "Whole.", "is_truncated": False})]

    deltas = list(backend(v1).stream(asked()))

    assert (text_of(deltas), deltas[-1].finish_reason) == ("Whole.", "stop")


@pytest.mark.parametrize("chunked", [True, False])
def test_a_connection_lost_before_the_end(v1: ErnieStub, chunked: bool) -> None:
    v1.replies = [Reply(pieces=[frame("Half an")], chunked=chunked, drop=True)]

    assert_breaks_off(backend(v1), "Half an", Unavailable)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"error_code": 336000, "error_msg": "internal"}', Unavailable),
        ('data: {"error_code": 336003, "error_msg": "the max input length is 2000"}', ContextTooLong),
        ("data: {broken", BadResponse),
        ("data: [1]", BadResponse),
        ('data: {"no": "result"}', BadResponse),
    ],
)
def test_trouble_in_the_middle(v1: ErnieStub, line: str, expected: type[LLMError]) -> None:
    v1.replies = [Reply(pieces=[frame("Half an"), f"{line}\n\n"])]

    assert_breaks_off(backend(v1), "Half an", expected)


def test_silence_before_and_in_the_middle(v1: ErnieStub) -> None:
    chosen = backend(v1, timeout_s=0.4, silence_s=0.2)
    v1.replies = [Reply(wait_s=5, pieces=v1_spoken("late"))]
    with pytest.raises(Unavailable, match="said nothing"):
        list(chosen.stream(asked()))

    v1.replies = [Reply(pieces=v1_spoken("a", "b"), delay_s=0.8)]
    with pytest.raises(Unavailable, match="said nothing"):
        list(chosen.stream(asked()))

    v1.replies = [Reply(pieces=[": keep-alive\n\n"] * 500, delay_s=0.02)]
    with pytest.raises(Unavailable, match="said nothing"):
        list(chosen.stream(asked()))


def test_who_waits_hears_that_nothing_has_come(v1: ErnieStub) -> None:
    v1.replies = [Reply(wait_s=30, pieces=[])]
    waiting = iter(backend(v1).stream(asked()))

    assert [next(waiting), next(waiting)] == [Delta(), Delta()]


def test_a_body_that_is_no_stream(v1: ErnieStub) -> None:
    v1.replies = [Reply(pieces=["<html>"])]

    with pytest.raises(BadResponse, match="base URL"):
        list(backend(v1).stream(asked()))


def test_the_connection_is_kept_for_the_next_answer(v1: ErnieStub) -> None:
    chosen = backend(v1)
    for _ in range(3):
        list(chosen.stream(asked()))

    assert v1.connections == 1
