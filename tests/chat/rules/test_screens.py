"""Screens see a text in pieces of every size; what they show must not depend on it."""

from collections.abc import Callable

import pytest

from chat.rules.chain import Chain
from chat.rules.screens import Banned, BannedSentences, Length, Repeats, Screen
from chat.rules.spotting import Spotter
from chat.rules.wordlists import parse

SIZES = (1, 2, 3, 5, 8, 1000)


def shown(text: str, make: Callable[[], Screen], size: int) -> list[str]:
    """What stands on the screen after each piece."""
    chain = Chain([(1, make())], lambda _rule, _pattern: None)
    said = ""
    seen = []
    for begin in range(0, len(text), size):
        said += chain.feed(text[begin : begin + size])
        seen.append(said)
    return [*seen, said + chain.rest()]


def banned(words: str, instead: str = "＊＊＊") -> Callable[[], Screen]:
    return lambda: Banned(Spotter(parse(words)), instead)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        (
            "bad",
            "A bad idea, a BAD one; badly made, a bad",
            "A ＊＊＊ idea, a ＊＊＊ one; badly made, a ＊＊＊",
        ),
        ("敏感詞", "这是敏感词，敏感一点的敏感詞。", "这是＊＊＊，敏感一点的＊＊＊。"),
        ("bad\nbad luck", "bad luck and bad lucky", "＊＊＊ and ＊＊＊ lucky"),
        ("bad", "b**a**d [1] b[1]ad [1].", "＊＊＊ [1] ＊＊＊ [1]."),
        ("ｂａｄ", "Bad and ｂａｄ.", "＊＊＊ and ＊＊＊."),
        (r"/project\s+x\d+/", "The project  X12, the project y [12].", "The ＊＊＊, the project y [12]."),
        ("/\\b\\d+\\b/", "Built in 1897 [1].", "Built in ＊＊＊ [1]."),
    ],
)
def test_banned_words_never_appear(words: str, text: str, expected: str, size: int) -> None:
    seen = shown(text, banned(words), size)
    assert seen[-1] == expected
    assert all(expected.startswith(part) for part in seen)


def test_only_what_may_become_a_banned_word_waits() -> None:
    *_, before_last, _last = shown("Nothing here is wrong, ba", banned("bad"), 1)
    assert before_last == "Nothing here is wrong, "


@pytest.mark.parametrize("size", SIZES)
def test_a_sentence_with_a_banned_word_never_appears(size: int) -> None:
    text = "It is high [1]. It is bad [2]. It is old. [3] 它很坏。它很高。"
    seen = shown(text, lambda: BannedSentences(Spotter(parse("bad\n坏"))), size)
    assert seen[-1] == "It is high [1]. It is old. [3]它很高。"
    assert all(seen[-1].startswith(part) for part in seen)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "It is 42 m high [1]. It is old. [2] It is 42 m high [1]. It is red. It is 42 m high!",
            "It is 42 m high [1]. It is old. [2] It is red.",
        ),
        ("灯塔高42米。[1]灯塔高42米。灯塔高42米吗？不。不。", "灯塔高42米。[1]灯塔高42米吗？不。不。"),
        (
            "- The keeper lives there.\n- The keeper lives here.\n- The keeper lives there.",
            "- The keeper lives there.\n- The keeper lives here.",
        ),
        ("```\nprint('twice now')\nprint('twice now')\n```\nDone with it all.",) * 2,
    ],
)
def test_repeated_sentences_are_left_out(text: str, expected: str, size: int) -> None:
    seen = shown(text, Repeats, size)
    assert seen[-1] == expected
    assert all(expected.startswith(part) for part in seen)


def test_a_new_sentence_is_not_held_back() -> None:
    seen = shown("The lighthouse is red. The harbour", Repeats, 1)
    assert seen[-2] == "The lighthouse is red. The harbour"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("chars", "sentences", "expected"),
    [
        (40, 0, "It is 42 metres high [1]. It is old [2]."),
        (30, 0, "It is 42 metres high [1]."),
        (12, 0, "It is 42…"),
        (0, 2, "It is 42 metres high [1]. It is old [2]."),
        (0, 9, "It is 42 metres high [1]. It is old [2]. It is red."),
    ],
)
def test_the_length_ends_with_a_sentence(chars: int, sentences: int, expected: str, size: int) -> None:
    text = "It is 42 metres high [1]. It is old [2]. It is red."
    seen = shown(text, lambda: Length(chars, sentences), size)
    assert seen[-1] == expected
    assert all(expected.startswith(part) for part in seen)


def test_a_slow_pattern_is_left_out_and_nothing_is_lost() -> None:
    slow: list[tuple[int, str]] = []
    screens: list[tuple[int, Screen]] = [
        (7, Banned(Spotter(parse("/(a|aa)+$/")), "*")),
        (8, Banned(Spotter(parse("bad")), "*")),
    ]
    chain = Chain(screens, lambda rule, pattern: slow.append((rule, pattern)))
    text = "Fine. " + "a" * 80 + "! bad"
    assert chain.feed(text) + chain.rest() == "Fine. " + "a" * 80 + "! *"
    assert slow == [(7, "(a|aa)+$")]
