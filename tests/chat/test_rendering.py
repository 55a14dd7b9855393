from typing import Any

from chat.models import Message
from chat.rendering import answer_html


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


def test_a_list_item_is_marked_inside_the_item() -> None:
    text = "- Tourists come."
    html = answer_html(message(text, sentences=[sentence(text, 0, "unsupported")]))
    assert "<li><span" in html


def test_quotes_of_documents_are_not_read_as_markdown() -> None:
    html = answer_html(message("# Not a *heading* [1]\n\nSecond. [1]", model="extractive"))
    assert "<h1" not in html
    assert "# Not a *heading*" in html
    assert html.count("<p>") == 2


def test_marks_without_a_source_vanish() -> None:
    assert "[9]" not in answer_html(message("Yes [9]."))


def test_our_own_marks_cannot_be_forged() -> None:
    assert 'class="cite"' not in answer_html(message("\ue0001,0\ue002 \ue0010\ue002x\ue003"))
