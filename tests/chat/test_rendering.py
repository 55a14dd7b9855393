import re
from typing import Any

import pytest

from chat.models import Message
from chat.rendering import answer_html
from ingestion.opening import quoted_at
from search.sentences import sentences as sentence_spans


def cited(n: int, quote: str, document: str = "Coast") -> dict[str, Any]:
    return {
        "n": n,
        "chunk_id": f"c{n}",
        "document_id": "d1",
        "document": document,
        "page": 3,
        "heading": "Height",
        "quote": quote,
        "url": "/documents/d1/?p=c1#p=c1",
        "updated": "2026-01-02T00:00:00+00:00",
    }


def sentence(text: str, start: int, support: str, *quotes: tuple[int, str]) -> dict[str, Any]:
    return {
        "text": text,
        "start": start,
        "end": start + len(text),
        "support": support,
        "quotes": [{"n": n, "text": quote} for n, quote in quotes],
    }


def message(text: str, **fields: Any) -> Message:
    return Message(**{"text": text, "model": "m", "citations": [cited(1, "It is 42 metres high.")]} | fields)


def test_marks_become_links_with_the_words_they_rest_on() -> None:
    html = answer_html(message("It is **42** metres high [1]."))
    assert "<strong>42</strong>" in html
    assert '<a class="cite" href="/documents/d1/?p=c1#p=c1"' in html
    assert 'data-quote="It is 42 metres high."' in html
    assert 'data-place="Height · page 3"' in html


def test_each_mark_shows_the_words_of_its_own_sentence() -> None:
    first, second = "It is high.", "It is old."
    html = answer_html(
        message(
            "It is high [1]. It is old [1].",
            sentences=[
                sentence(first, 0, "supported", (1, "42 metres")),
                sentence(second, 12, "supported", (1, "since 1897")),
            ],
        )
    )
    assert html.index("42 metres") < html.index("since 1897")


def test_a_model_cannot_bring_in_html_links_or_images() -> None:
    html = answer_html(
        message(
            "<script>alert(1)</script> <img src=x onerror=y> [a](https://evil.example/?q=secret) "
            "![i](https://evil.example/i.png) [1]"
        )
    )
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="https' not in html
    assert html.count("<a ") == 1


def test_what_a_document_says_is_escaped_in_its_card() -> None:
    html = answer_html(message("Yes [1].", citations=[cited(1, '"><script>x</script>', '<b>"D"</b>')]))
    assert "<script" not in html
    assert "<b>" not in html


def test_weak_sentences_are_marked_with_a_reason() -> None:
    html = answer_html(
        message(
            "It is 42 high [1]. Tourists come.",
            sentences=[
                sentence("It is 42 high.", 0, "supported", (1, "42")),
                sentence("Tourists come.", 15, "unsupported"),
            ],
        )
    )
    assert html.count('class="weak"') == 1
    assert '<span class="weak" tabindex="0" data-support="unsupported"' in html
    assert ">Tourists come.</span>" in html


@pytest.mark.parametrize(
    ("support", "reason", "detail", "words"),
    [
        ("unsupported", "figure_missing", "1987", "The cited passage does not mention 1987."),
        ("unsupported", "negation", '<b>"no"</b>', "The cited passage says the opposite"),
        ("unsupported", "", "", "The cited passages do not hold the words of this sentence."),
        ("partly", "later-code", "", "The cited passages hold only a part of this sentence."),
    ],
)
def test_the_reason_of_a_weak_sentence_is_told(support: str, reason: str, detail: str, words: str) -> None:
    weak = sentence("It is old.", 0, support, (1, "x")) | {"reason": reason, "detail": detail}
    html = answer_html(message("It is old [1].", sentences=[weak]))
    assert f'title="{words}' in html
    assert "<b>" not in html


def test_a_citation_that_youju_added_is_shown_as_such() -> None:
    own = sentence("It is old.", 0, "supported", (1, "x")) | {"added": (1,)}
    html = answer_html(message("It is old [1].", sentences=[own]))
    assert 'class="cite added"' in html
    assert 'aria-label="Source 1, found by Youju: Coast"' in html


@pytest.mark.parametrize(
    "text",
    [
        "![i](https://evil.example/i.png)",
        "![i][r]\n\n[r]: https://evil.example/i.png",
        "<https://evil.example/x>",
        "https://evil.example/x",
        "[a](javascript:alert(1))",
        "[a](data:text/html;base64,x)",
        '<a href="https://evil.example">x</a>',
        "<svg onload=x><style>@import 'https://evil.example'</style>",
        "| a |\n|---|\n| ![i](https://evil.example/i.png) |",
    ],
)
def test_nothing_foreign_is_fetched_or_linked(text: str) -> None:
    for model in ("m", "extractive"):
        html = answer_html(message(text, model=model))
        assert "<img" not in html
        assert "<a " not in html
        assert "<svg" not in html
        assert "<style" not in html


def test_a_list_item_is_marked_inside_the_item() -> None:
    text = "- Tourists come."
    html = answer_html(message(text, sentences=[sentence(text, 0, "unsupported")]))
    assert "<li><span" in html


@pytest.mark.parametrize(
    ("text", "weak", "shown"),
    [
        ("It is [sic] old.", "It is [sic] old.", "It is [sic] old.{sign}</p>"),
        ("It is **very. Old** it is.", "It is **very.", "<strong>very.{sign} Old</strong>"),
        ("It is `very. Old` it is.", "It is `very.", "<code>very.{sign} Old</code>"),
        ("It is\nold.", "It is\nold.", "old.{sign}</p>"),
        ("它*很高。很*老。", "它*很高。", "它<em>很高。{sign}很</em>老。"),
        ("| a |\n|---|\n| 1987 |", "| 1987 |", "<td>1987{sign}</td>"),
        ("| a |\n|---|\n| 1987 | |", "| 1987 | |", "<td>1987{sign}</td>"),
        ("a | b\n--|--\n1 | 1987", "1 | 1987", "<td>1987{sign}</td>"),
        ("It is old |\n~~~\nx\n~~~", "It is old |\n~~~", "<pre><code>x\n</code></pre>"),
        (
            "It is _very_\n_old_\n---\n\nYes.",
            "It is _very_\n_old_\n---",
            "<h2>It is <em>very</em><br>\n<em>old</em>{sign}</h2>",
        ),
        ("So [it is](https://a.example/b! c) old.", "So [it is](https://a.example/b!", "{sign}"),
        ("![It is old.\nYes.](x) No.", "![It is old.\nYes.](x", "<p>{sign}</p>"),
        ("``` It is old [sic]\nx\n```", "``` It is old [sic]", "<p>{sign}</p>"),
    ],
)
def test_a_weak_sentence_that_cannot_be_underlined_has_a_sign(text: str, weak: str, shown: str) -> None:
    html = answer_html(message(text, sentences=[sentence(weak, text.index(weak), "unsupported")]))
    reason = "No source is cited for this sentence."
    sign = (
        f'\u2060<span class="weak weak-sign" tabindex="0" data-support="unsupported" title="{reason}">'
        f'<span aria-hidden="true">⚠\ufe0e</span><span class="visually-hidden">{reason}</span></span>'
    )
    assert shown.replace("{sign}", sign) in html
    assert html.count(sign) == 1
    assert "\ue004" not in html


def test_every_weak_sentence_of_a_long_answer_is_marked() -> None:
    """Whatever Markdown an answer holds, no sentence that was judged weak is shown plain."""
    text = "\n\n".join(
        [
            "# Its **age**",
            "- It is *old. Very* old.",
            "1. See `a. b` there | here.",
            "> [x](y). No_t_ so_.",
            "***",
            "```\nIt is 1.\n```",
        ]
    )
    sentences = [sentence(text[a:b], a, "partly", (1, "x")) for a, b in sentence_spans(text)]
    html = answer_html(message(text, sentences=sentences))
    assert html.count('data-support="partly"') == len(sentences)
    assert not any("\ue000" <= character <= "\uf8ff" for character in html)


@pytest.mark.parametrize("text", ["_It is old._", "It is _old_", "__It__ is __old__"])
def test_marks_of_ours_leave_emphasis_as_it_is(text: str) -> None:
    plain = answer_html(message(text))
    weak = answer_html(message(f"{text} [1]", sentences=[sentence(text, 0, "partly", (1, "x"))]))
    assert weak.count("<em>") + weak.count("<strong>") == plain.count("<em>") + plain.count("<strong>") > 0
    assert "_" not in re.sub(r"<[^>]+>", "", weak)
    assert "\u2e31" not in weak


def test_a_citation_that_begins_a_line_stays_there() -> None:
    html = answer_html(message("It is old.\n\n[1] It is high."))
    assert re.search(r"old.</p>\n<p>\u2060<a [^>]*>1</a> It is high", html)


def test_a_citation_behind_a_row_stands_in_its_last_cell() -> None:
    html = answer_html(message("| a |\n|---|\n| 42 | [1]"))
    assert re.search(r'<td>42\u2060<a class="cite"[^>]*>1</a></td>', html)


def test_quotes_of_documents_show_inline_marks_but_make_no_blocks() -> None:
    html = answer_html(message("# Set `LLM_MODEL` and **restart** [1]\n\n- Second. [1]", model="extractive"))
    assert "<h1" not in html
    assert "<li" not in html
    assert "# Set <code>LLM_MODEL</code> and <strong>restart</strong>" in html
    assert html.count("<p>") == 2


def test_code_below_a_quoted_sentence_is_a_block_of_code() -> None:
    text = "Run `this`: [1]\n\n```\n# a <b> [1]\n\n\n  *c*\n```\n\nIt is 42 metres high. [1]"
    html = answer_html(message(text, model="extractive"))
    assert "<pre><code># a &lt;b&gt; [1]\n\n\n  *c*\n</code></pre><p>It is 42" in html
    assert html.startswith("<p>Run <code>this</code>:")
    assert html.count("<p>") == html.count('class="cite"') == 2


def test_a_quoted_table_row_is_shown_as_its_cells() -> None:
    html = answer_html(message("| `PORT` | 8000 | <b> | [1]", model="extractive"))
    assert html.startswith("<p>PORT · 8000")
    assert "|" not in html
    assert "<b>" not in html


def test_a_quote_cannot_bring_in_html_or_links() -> None:
    html = answer_html(message("<img src=x onerror=y> [a](https://evil.example/) [1]", model="extractive"))
    assert "<img" not in html
    assert "evil.example" not in html


def test_chinese_sentences_of_a_refusal_stand_without_a_space() -> None:
    assert "没有找到。下面" in answer_html(message("没有找到。 下面列出了段落。", refused=True))


def test_a_card_shows_the_quoted_words_without_markdown_and_their_place() -> None:
    citation = cited(1, "- **Editor**: adds `files`.") | {"start": 120, "end": 150}
    first, second = "Editors add files.", "It is high."
    quotes = [(1, "- **Editor**: adds `files`."), (1, "It is high.")]
    sentences = [sentence(first, 0, "supported", quotes[0]), sentence(second, 19, "supported", quotes[1])]
    for entry, (start, end) in zip(sentences, [(20, 50), (60, 71)], strict=True):
        entry["quotes"][0] |= {"start": start, "end": end}
    text = "Editors add files. [1] It is high. [1]"
    html = answer_html(message(text, citations=[citation], sentences=sentences))
    first_at, second_at = (quoted_at(120, 150, quotes[0][1]), quoted_at(160, 171, quotes[1][1]))
    assert f'data-quote="Editor: adds files." data-at="{first_at}"' in html
    assert f'data-quote="It is high." data-at="{second_at}"' in html
    assert f'href="/documents/d1/?p=c1&amp;at={second_at}#p=c1"' in html


def test_marks_without_a_source_vanish() -> None:
    assert "[9]" not in answer_html(message("Yes [9]."))


def test_our_own_marks_cannot_be_forged() -> None:
    assert 'class="cite"' not in answer_html(message("\ue0001,0\ue002 \ue0010\ue002x\ue003"))
