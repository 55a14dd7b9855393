"""What is put into Markdown files is shown as it was written, and does nothing."""

import re
from html import unescape

import pytest
from markdown_it import MarkdownIt

from chat.markdown_text import escaped, harmless, link, quotation

# What a viewer at its most permissive makes of a file.
VIEWER = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(["table", "strikethrough"])


def shown(markdown: str) -> str:
    """The words of the first block as a viewer shows them."""
    return unescape(re.sub(r"<[^>]+>", "", VIEWER.render(markdown))).strip()


@pytest.mark.parametrize(
    "text",
    [
        "# no heading",
        "1. no list",
        "12) no list",
        "- no list",
        "+ no list",
        "> no quotation",
        "*no* _emphasis_ **at all** ~~here~~",
        "`no code` and ``none``",
        "[no link](https://evil.example) ![](x) [a]: b",
        "<script>alert(1)</script> &lt; &amp; &#35;",
        "a | b",
        "C:\\folder\\* and \\[",
        "---",
        "===",
        "``` fence",
        "~~~ fence",
        "snake_case_name, 3 < 4 && 5 > 2, $5 and $6",
        "《海图》的“更新”：每年一次（见[1]）。",
    ],
)
def test_plain_text_shows_its_words(text: str) -> None:
    html = VIEWER.render(escaped(text))
    assert shown(escaped(text)) == text
    assert set(re.findall(r"<(\w+)", html)) <= {"p"}


def test_a_quotation_keeps_its_lines() -> None:
    html = VIEWER.render(quotation("First\n\n    second # line\nthird\n") + "\n\nAfter.")
    assert html.count("<blockquote>") == 1
    assert unescape(re.sub(r"<[^>]+>", "", html)).split("\n")[1:-1] == [
        "First",
        "second # line",
        "third",
        "",
        "After.",
    ]


def test_the_words_of_a_link_cannot_end_it() -> None:
    html = VIEWER.render(
        link("a](https://evil.example) <b> `x`\n# y", "http://127.0.0.1/documents/1/?p=a&at=1#p=a")
    )
    assert re.findall(r'href="([^"]*)"', html) == ["http://127.0.0.1/documents/1/?p=a&amp;at=1#p=a"]
    assert "<b>" not in html


@pytest.mark.parametrize(
    "text",
    [
        "![i](https://evil.example/i.png)",
        "[a](https://evil.example)",
        "[a][r]\n\n[r]: https://evil.example",
        "![i][r]\n\n[r]: https://evil.example/i.png",
        "\\![i](https://evil.example)",
        "\\\\[a](https://evil.example)",
        "<img src=https://evil.example/i.png>",
        "<https://evil.example>",
        "`` ` `` <img src=x> `` ` ``",
        "\\`<img src=x>`",
        "| a | b |\n|---|---|\n| `x | <img src=x>` |",
        "`a\n- b <img src=x> `",
        "    <img src=x>\n\n<img src=x>",
        "- ```\n<img src=x>",
        "> ```\n> x\n\n<img src=x>",
        "```\ncode\n```\n<img src=x>",
        "text\n\n<!-- \n\n",
        "<div\nonclick=x>",
        "a\\",
    ],
)
def test_a_models_markdown_brings_nothing_that_acts(text: str) -> None:
    html = VIEWER.render(harmless(text) + "\n\n<END>")
    assert re.findall(r"<(?:img|a|script|div)\b|<!--", html) == []
    assert html.rstrip().endswith("<END>")


@pytest.mark.parametrize(
    "text",
    [
        "**bold** and `a[0] < b`",
        "```python\nx[0] < 1  # <b>\n```",
        "- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        "# T",
    ],
)
def test_what_does_no_harm_stays(text: str) -> None:
    assert VIEWER.render(harmless(text)) == VIEWER.render(text)


@pytest.mark.parametrize("fence", ["```", "~~~~", "```python"])
def test_code_that_was_cut_off_is_closed(fence: str) -> None:
    html = VIEWER.render(harmless(f"Text\n\n{fence}\nx = 1") + "\n\nAfter.")
    assert html.rstrip().endswith("</code></pre>\n<p>After.</p>")
