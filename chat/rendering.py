"""An answer as HTML that is safe to show: Markdown without links, images or raw HTML, and our citations.

Links and images that a model writes are shown as text only: an address made up by a document's hidden
instruction could carry the conversation away.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import nh3
import regex
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

from chat import cited as addresses
from chat import freshness
from chat.citation_marks import take_out
from chat.extractive import NAME as EXTRACTIVE
from chat.fenced import paragraphs
from chat.models import Message
from chat.placeholders import (
    CITE,
    CLOSE,
    END,
    SIGN,
    SIGN_MARK,
    WEAK,
    WEAK_MARK,
    with_inserts,
    without_foreign,
    without_guards,
)
from chat.weak_sentences import mark_after, reason_of, weak_sentences
from ingestion.templatetags.passages import below_title, plain

_TAGS = set(
    "p br strong em del code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 hr table thead tbody tr th td".split()
)
_CITE_MARK = regex.compile(rf"{CITE}(\d+),(\d+){END}")
_RUNS = regex.compile(r"\*+|_+|`+|~+")
_BULLET = regex.compile(r"^\s*(?:[-*+]\s+|\d+[.)]\s+|#{1,6}\s+|>\s*)+")

_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


class Cite(Protocol):
    """Shows one citation, as HTML that is safe. ``added`` says that Youju found it, not the model."""

    def __call__(self, citation: Mapping[str, Any], *, added: bool) -> str: ...


def answer_html(message: Message, cite: "Cite | None" = None) -> SafeString:
    """The whole text with its citations as links, or as ``cite`` has them, and weak sentences marked:
    underlined, or with a sign at their end where a line would cross Markdown's own marks."""
    bare, marks = take_out(without_foreign(message.text))
    inserts: list[tuple[int, int, str]] = []
    for place, sentence in weak_sentences(message):
        if _wraps(sentence["text"]):
            start = sentence["start"] + _bullet_length(sentence["text"])
            inserts += [(start, 0, f"{WEAK}{place}{END}"), (sentence["end"], 1, CLOSE)]
        else:
            inserts.append((mark_after(bare, sentence["end"]), 3, f"{SIGN}{place}{END}"))
    for mark in marks:
        at = mark.at if message.model == EXTRACTIVE else mark_after(bare, mark.at)
        inserts.append((at, 2, f"{CITE}{mark.n},{_sentence_at(mark.at, message.sentences)}{END}"))
    text = with_inserts(bare, inserts)
    if message.refused:
        html = "".join(f"<p>{escape(_joined(part))}</p>" for part in without_guards(text).split("\n\n"))
    elif message.model == EXTRACTIVE:
        html = "".join(
            _code(part) if is_code else f"<p>{_quoted(part)}</p>" for part, is_code in paragraphs(text)
        )
    else:
        html = without_guards(nh3.clean(_markdown.render(text), tags=_TAGS, attributes={}))
        html += "".join(f"<p>{SIGN}{place}{END}</p>" for place in _lost(html, message))
    return mark_safe(_with_links(html, message, cite or _citation))


def plain_markdown(text: str) -> SafeString:
    """Markdown of a model that had no sources: without links, images and raw HTML."""
    return mark_safe(nh3.clean(_markdown.render(text), tags=_TAGS, attributes={}))


def _lost(html: str, message: Message) -> list[int]:
    """Weak sentences whose mark went with what is not shown, such as the address of a link."""
    shown = {int(n) for pattern in (WEAK_MARK, SIGN_MARK) for n in pattern.findall(html)}
    return [place for place, _sentence in weak_sentences(message) if place not in shown]


def _quoted(part: str) -> str:
    """A quoted sentence with its inline Markdown, such as code and bold words, as HTML."""
    if part.startswith("|"):
        words, mark, rest = part.partition(CITE)
        return str(escape(plain(words))) + without_guards(mark + rest)
    inline = _markdown.renderInline(" ".join(part.split()))
    safe = nh3.clean(inline, tags={"strong", "em", "del", "code"}, attributes={})
    return without_guards(safe)


def _code(lines: str) -> str:
    return f"<pre><code>{escape(without_guards(lines))}\n</code></pre>"


def _joined(part: str) -> str:
    """One line; no space between Chinese sentences."""
    line: str = regex.sub(r"(?<=[。！？；：])\s+(?=\S)", "", " ".join(part.split()))
    return line


def _wraps(text: str) -> bool:
    """Whether a span around ``text`` cannot cross Markdown's own marks."""
    runs = Counter(_RUNS.findall(text))
    return not regex.search(r"[\n|\[]", text) and all(count % 2 == 0 for count in runs.values())


def _bullet_length(text: str) -> int:
    found = _BULLET.match(text)
    return found.end() if found else 0


def _sentence_at(at: int, sentences: Sequence[Mapping[str, Any]]) -> int:
    begun = [place for place, sentence in enumerate(sentences) if sentence["start"] < at]
    return begun[-1] if begun else 0


def _with_links(html: str, message: Message, cite: Cite) -> str:
    cited = {citation["n"]: citation for citation in freshness.cited_now(message)}

    def link(match: regex.Match[str]) -> str:
        citation = cited.get(int(match[1]))
        if citation is None:
            return ""
        added = citation["n"] in _added(int(match[2]), message)
        return cite(dict(citation) | _quoted_words(citation, int(match[2]), message), added=added)

    def weak(match: regex.Match[str]) -> str:
        return _opening(message.sentences[int(match[1])], "weak")

    def sign(match: regex.Match[str]) -> str:
        sentence = message.sentences[int(match[1])]
        words = f'<span class="visually-hidden">{escape(reason_of(sentence))}</span>'
        shown = f'<span aria-hidden="true">⚠\ufe0e</span>{words}'  # the selector asks for the sign as text
        return f"\u2060{_opening(sentence, 'weak weak-sign')}{shown}</span>"

    closed: str = SIGN_MARK.sub(sign, WEAK_MARK.sub(weak, _CITE_MARK.sub(link, html)))
    return closed.replace(CLOSE, "</span>")


def _opening(sentence: Mapping[str, Any], names: str) -> str:
    reason = escape(reason_of(sentence))
    return f'<span class="{names}" tabindex="0" data-support="{sentence["support"]}" title="{reason}">'


def _added(place: int, message: Message) -> Sequence[int]:
    """The numbers behind this sentence that Youju set, not the model."""
    added: Sequence[int] = message.sentences[place].get("added", ()) if place < len(message.sentences) else ()
    return added


def _quoted_words(citation: Mapping[str, Any], place: int, message: Message) -> dict[str, Any]:
    """The words behind this very sentence, which may differ from those behind an earlier one, and
    where they stand in the document."""
    quotes = message.sentences[place]["quotes"] if place < len(message.sentences) else []
    own = next((quote for quote in quotes if quote["n"] == citation["n"]), None)
    if own is None:
        return {}
    every = (quote for sentence in message.sentences for quote in sentence["quotes"])
    same = (quote for quote in every if quote["n"] == citation["n"] and quote["text"] == citation["quote"])
    known = next(same, None)
    if known is None or "start" not in citation:
        return {"quote": str(own["text"]), "start": 0, "end": 0}
    # Quotes count from their passage's beginning, a citation from the document's.
    shift = citation["start"] - known.get("start", 0)
    return {
        "quote": str(own["text"]),
        "start": shift + own.get("start", 0),
        "end": shift + own.get("end", 0),
    }


def _citation(citation: Mapping[str, Any], *, added: bool) -> str:
    page = _("page %(page)s") % {"page": citation["page"]} if citation["page"] else ""
    named = {"n": citation["n"], "document": citation["document"]}
    label = _("Source %(n)s: %(document)s") % named
    if added:
        label = _("Source %(n)s, found by Youju: %(document)s") % named
    heading = below_title(citation.get("heading", ""), citation["document"])
    return format_html(
        # The word joiner keeps the mark on the line of its sentence's last word.
        '\u2060<a class="{}" href="{}" data-document-id="{}" data-chunk="{}" data-document="{}" '
        'data-place="{}" data-updated="{}" data-changed="{}" data-quote="{}" data-at="{}" '
        'aria-label="{}">{}</a>',
        "cite added" if added else "cite",
        addresses.url(citation),
        citation["document_id"],
        citation["chunk_id"],
        citation["document"],
        " · ".join(filter(None, [citation.get("collection", ""), heading, page])),
        str(citation.get("updated", ""))[:10],
        _day(citation.get("changed_at")),
        plain(citation["quote"]),
        addresses.place(citation),
        label,
        citation["n"],
    )


def _day(moment: datetime | None) -> str:
    return timezone.localdate(moment).isoformat() if moment else ""
