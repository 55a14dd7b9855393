"""An answer as HTML that is safe to show: Markdown without links, images or raw HTML, and our citations.

Links and images that a model writes are shown as text only: an address made up by a document's hidden
instruction could carry the conversation away.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import nh3
import regex
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

from chat import cited as addresses
from chat.citation_marks import take_out
from chat.extractive import NAME as EXTRACTIVE
from chat.models import Message
from chat.reasons import in_words
from ingestion.templatetags.passages import below_title, plain

_TAGS = set(
    "p br strong em del code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 hr table thead tbody tr th td".split()
)
# Private-use characters stand for our own marks until the Markdown is HTML; foreign ones are removed.
_CITE, _WEAK, _END, _CLOSE = "\ue000", "\ue001", "\ue002", "\ue003"
_PRIVATE = regex.compile(r"[\ue000-\ue003]")
_CITE_MARK = regex.compile(rf"{_CITE}(\d+),(\d+){_END}")
_WEAK_MARK = regex.compile(rf"{_WEAK}(\d+){_END}")
_BULLET = regex.compile(r"^\s*(?:[-*+]\s+|\d+[.)]\s+|#{1,6}\s+|>\s*)+")

_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


def answer_html(message: Message) -> SafeString:
    """The whole text with its citations as links and weak sentences marked."""
    bare, marks = take_out(_PRIVATE.sub(" ", message.text))
    flag = message.model != EXTRACTIVE and not message.refused
    inserts: list[tuple[int, int, str]] = []
    for place, sentence in enumerate(message.sentences):
        if flag and sentence["support"] in {"partly", "unsupported"} and _wraps(sentence["text"]):
            start = sentence["start"] + _bullet_length(sentence["text"])
            inserts += [(start, 0, f"{_WEAK}{place}{_END}"), (sentence["end"], 1, _CLOSE)]
    for mark in marks:
        inserts.append((mark.at, 2, f"{_CITE}{mark.n},{_sentence_at(mark.at, message.sentences)}{_END}"))
    text = _with_inserts(bare, inserts)
    if message.refused:
        html = "".join(f"<p>{escape(_joined(part))}</p>" for part in text.split("\n\n"))
    elif message.model == EXTRACTIVE:
        html = "".join(f"<p>{_quoted(part)}</p>" for part in text.split("\n\n"))
    else:
        html = nh3.clean(_markdown.render(text), tags=_TAGS, attributes={})
    return mark_safe(_with_links(html, message))


def _quoted(part: str) -> str:
    """A quoted sentence with its inline Markdown, such as code and bold words, as HTML."""
    if part.startswith("|"):
        words, mark, rest = part.partition(_CITE)
        return str(escape(plain(words))) + mark + rest
    inline = _markdown.renderInline(" ".join(part.split()))
    safe: str = nh3.clean(inline, tags={"strong", "em", "del", "code"}, attributes={})
    return safe


def _joined(part: str) -> str:
    """One line; no space between Chinese sentences."""
    line: str = regex.sub(r"(?<=[。！？；：])\s+(?=\S)", "", " ".join(part.split()))
    return line


def _wraps(text: str) -> bool:
    """Whether a span around ``text`` cannot cross Markdown's own marks."""
    return not regex.search(r"[\n|\[]", text) and all(text.count(mark) % 2 == 0 for mark in "*_`~")


def _bullet_length(text: str) -> int:
    found = _BULLET.match(text)
    return found.end() if found else 0


def _sentence_at(at: int, sentences: Sequence[Mapping[str, Any]]) -> int:
    begun = [place for place, sentence in enumerate(sentences) if sentence["start"] < at]
    return begun[-1] if begun else 0


def _with_inserts(text: str, inserts: list[tuple[int, int, str]]) -> str:
    parts = []
    begin = 0
    for at, _order, piece in sorted(inserts, key=lambda item: item[:2]):
        parts += [text[begin:at], piece]
        begin = max(begin, at)
    return "".join([*parts, text[begin:]])


def _with_links(html: str, message: Message) -> str:
    cited = {citation["n"]: citation for citation in message.citations}

    def link(match: regex.Match[str]) -> str:
        citation = cited.get(int(match[1]))
        if citation is None:
            return ""
        added = citation["n"] in _added(int(match[2]), message)
        return _citation(dict(citation) | _quoted_words(citation, int(match[2]), message), added=added)

    def weak(match: regex.Match[str]) -> str:
        sentence = message.sentences[int(match[1])]
        support = sentence["support"]
        return f'<span class="weak" tabindex="0" data-support="{support}" title="{_reason(sentence)}">'

    closed: str = _WEAK_MARK.sub(weak, _CITE_MARK.sub(link, html))
    return closed.replace(_CLOSE, "</span>")


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
        'data-place="{}" data-updated="{}" data-quote="{}" data-at="{}" '
        'aria-label="{}">{}</a>',
        "cite added" if added else "cite",
        addresses.url(citation),
        citation["document_id"],
        citation["chunk_id"],
        citation["document"],
        " · ".join(filter(None, [citation.get("collection", ""), heading, page])),
        str(citation.get("updated", ""))[:10],
        plain(citation["quote"]),
        addresses.place(citation),
        label,
        citation["n"],
    )


def _reason(sentence: Mapping[str, Any]) -> str:
    code = sentence.get("reason") or ("" if sentence["quotes"] else "uncited")
    return escape(in_words(sentence["support"], code, sentence.get("detail", "")))
