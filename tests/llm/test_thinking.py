from itertools import groupby

import pytest

from llm.thinking import Part, ThinkSplitter


def split(*pieces: str) -> list[Part]:
    """Everything that comes out, neighbours of one kind joined."""
    splitter = ThinkSplitter()
    parts = [part for piece in pieces for part in splitter.feed(piece)] + splitter.close()
    return [
        (kind, "".join(text for _, text in group)) for kind, group in groupby(parts, key=lambda part: part[0])
    ]


def test_text_without_a_block_passes() -> None:
    assert split("Hello ", "there") == [("text", "Hello there")]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_a_leading_block_is_reasoning(size: int) -> None:
    whole = " \n<think>if a < b</think>\n\nThe answer"
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]

    assert split(*pieces) == [("reasoning", "if a < b"), ("text", "The answer")]


def test_two_blocks_before_the_answer() -> None:
    assert split("<think>a</think><think>b</think>c") == [("reasoning", "ab"), ("text", "c")]


def test_a_later_tag_is_text() -> None:
    assert split("Use <think> ", "here</think>") == [("text", "Use <think> here</think>")]


def test_a_block_that_never_ends_is_reasoning() -> None:
    assert split("<think>still </th") == [("reasoning", "still </th")]


def test_a_beginning_that_was_no_tag_is_text() -> None:
    assert split("<thi") == [("text", "<thi")]
    assert split("<", "b>bold") == [("text", "<b>bold")]


def test_nothing_is_held_back_longer_than_needed() -> None:
    splitter = ThinkSplitter()
    assert splitter.feed("<think>abc") == [("reasoning", "abc")]
    assert splitter.feed("d<") == [("reasoning", "d")]
    assert splitter.feed("/think>x") == [("text", "x")]
