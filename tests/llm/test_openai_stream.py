"""Event streams as servers really send them, over a real loopback server."""

from collections.abc import Iterator

import pytest

from llm.errors import BadResponse, LLMError, Unavailable
from llm.types import Delta, Usage
from tests.llm.openai_calls import assert_breaks_off, backend, reasoning_of, request, text_of
from tests.llm.openai_stub import OpenAIStub, Reply, chunk, spoken


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


def test_usage_in_every_chunk_is_reported_once(stub: OpenAIStub) -> None:
    counts = [{"prompt_tokens": 5, "completion_tokens": n} for n in (1, 2)]
    pieces = [chunk({"content": "x"}, usage=count) for count in counts]
    stub.replies = [Reply(pieces=[*pieces, *spoken(usage=False)])]

    deltas = list(backend(stub).stream(request()))

    assert [delta.usage for delta in deltas if delta.usage] == [Usage(5, 2)]


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


def test_role_first_and_tool_call_fragments_are_no_text(stub: OpenAIStub) -> None:
    call = {"index": 0, "id": "t", "type": "function", "function": {"name": "f", "arguments": '{"a"'}}
    rest = {"index": 0, "function": {"arguments": ": 1}"}}
    pieces = [
        chunk({"role": "assistant", "content": None}),
        chunk({"tool_calls": [call]}),
        chunk({"tool_calls": [rest], "content": None}),
        *spoken("Hi"),
    ]
    stub.replies = [Reply(pieces=pieces)]

    assert [delta.text for delta in backend(stub).stream(request()) if delta.text] == ["Hi"]


def test_content_in_parts_is_joined(stub: OpenAIStub) -> None:
    parts = [{"type": "text", "text": "Two "}, {"type": "text", "text": "parts"}, {"type": "image"}]
    stub.replies = [Reply(pieces=[chunk({"content": parts}), *spoken()])]

    assert text_of(list(backend(stub).stream(request()))) == "Two parts"


def test_an_answer_in_one_piece_is_taken(stub: OpenAIStub) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Whole."}, "finish_reason": "stop"}
    stub.replies = [Reply(body={"object": "chat.completion", "choices": [choice]})]

    assert text_of(list(backend(stub).stream(request()))) == "Whole."


def test_a_whole_answer_without_choices(stub: OpenAIStub) -> None:
    stub.replies = [Reply(body={"object": "chat.completion", "choices": None})]

    with pytest.raises(BadResponse):
        list(backend(stub).stream(request()))


@pytest.mark.parametrize("pieces", [["data: [DONE]\n\n"], ["<html>hello</html>"], [""]])
def test_a_body_that_is_no_stream(stub: OpenAIStub, pieces: list[str]) -> None:
    stub.replies = [Reply(pieces=pieces)]

    with pytest.raises(BadResponse):
        list(backend(stub).stream(request()))


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ('data: {"object": "error", "message": "bad", "code": 503}', Unavailable),
        ('{"error": {"type": "overloaded_error", "message": "busy"}}', Unavailable),
        ('data: {"error": "model broke"}', BadResponse),
        ("data: {not json", BadResponse),
        ("data: [1, 2]", BadResponse),
        ('data: {"choices": ["x"]}', BadResponse),
        ('data: {"choices": {"0": 1}}', BadResponse),
        ('data: {"choices": [{"delta": "x"}]}', BadResponse),
    ],
)
def test_malformed_streams(stub: OpenAIStub, frame: str, expected: type[LLMError]) -> None:
    stub.replies = [Reply(pieces=[chunk({"content": "Half an"}), f"{frame}\n\n"])]

    assert_breaks_off(backend(stub), "Half an", expected)


def test_an_error_in_the_middle_of_the_stream(stub: OpenAIStub) -> None:
    error = 'data: {"error": {"code": 500, "message": "out of memory"}}\n\n'
    stub.replies = [Reply(pieces=[chunk({"content": "Half an"}), error])]

    assert_breaks_off(backend(stub), "Half an", Unavailable)


@pytest.mark.parametrize("chunked", [True, False])
def test_an_answer_that_ends_without_done_is_complete(stub: OpenAIStub, chunked: bool) -> None:
    stub.replies = [Reply(pieces=spoken("All of it.", done=False), chunked=chunked, drop=True)]

    deltas = list(backend(stub).stream(request()))

    assert text_of(deltas) == "All of it."
    assert deltas[-1].finish_reason == "stop"


def test_silence_after_the_end_does_not_spoil_the_answer(stub: OpenAIStub) -> None:
    def then_nothing() -> Iterator[str]:
        yield from spoken("All of it.", done=False)
        stub.closing.wait(5)

    stub.replies = [Reply(pieces=then_nothing())]

    assert text_of(list(backend(stub, silence_s=0.2).stream(request()))) == "All of it."


@pytest.mark.parametrize("chunked", [True, False])
def test_a_dropped_connection_keeps_what_came(stub: OpenAIStub, chunked: bool) -> None:
    stub.replies = [Reply(pieces=[chunk({"content": "Half an"})], chunked=chunked, drop=True)]

    assert_breaks_off(backend(stub), "Half an", Unavailable)


def test_silence_in_the_middle_ends_the_wait(stub: OpenAIStub) -> None:
    stub.replies = [Reply(pieces=[chunk({"content": "Half"}), *spoken("late")], delay_s=0.8)]
    patient_at_first = backend(stub, timeout_s=5, silence_s=0.2)

    with pytest.raises(Unavailable, match="said nothing"):
        list(patient_at_first.stream(request()))


def test_silence_before_the_answer(stub: OpenAIStub) -> None:
    stub.replies = [Reply(wait_s=5, pieces=spoken("late"))]

    with pytest.raises(Unavailable, match="said nothing"):
        list(backend(stub, timeout_s=0.3).stream(request()))


def test_keep_alives_alone_are_silence(stub: OpenAIStub) -> None:
    stub.replies = [Reply(pieces=[": ping\n\n"] * 500, delay_s=0.02)]

    with pytest.raises(Unavailable, match="said nothing"):
        list(backend(stub, timeout_s=0.3, silence_s=0.2).stream(request()))


def test_waiting_for_the_beginning_is_not_waiting_between_pieces(stub: OpenAIStub) -> None:
    def after_a_while() -> Iterator[str]:
        stub.closing.wait(0.8)
        yield from spoken("At last.")

    stub.replies = [Reply(pieces=after_a_while())]

    assert text_of(list(backend(stub, timeout_s=5, silence_s=0.3).stream(request()))) == "At last."


@pytest.mark.parametrize("reply", [Reply(wait_s=30, pieces=[]), Reply(pieces=["", ""], delay_s=15)])
def test_who_waits_hears_that_nothing_has_come(stub: OpenAIStub, reply: Reply) -> None:
    stub.replies = [reply]
    waiting = iter(backend(stub).stream(request()))

    assert [next(waiting), next(waiting)] == [Delta(), Delta()]


def test_the_connection_is_kept_for_the_next_answer(stub: OpenAIStub) -> None:
    chosen = backend(stub)
    for _ in range(3):
        list(chosen.stream(request()))

    assert stub.connections == 1


def test_done_without_a_reason_to_finish(stub: OpenAIStub) -> None:
    stub.replies = [Reply(pieces=[chunk({"content": "All of it."}), "data: [DONE]\n\n"])]

    deltas = list(backend(stub).stream(request()))

    assert (text_of(deltas), deltas[-1].finish_reason) == ("All of it.", "stop")
