"""Passages in HTML: escaped, the matched words marked, Markdown's signs left out."""

import re
from collections.abc import Sequence

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_info

from ingestion.finding import FoundPassage
from ingestion.models import Document

register = template.Library()

_SIGNS = (
    (re.compile(r"(?m)^[ \t]*(?:#{1,6}|[-*+]|>)[ \t]+"), ""),
    (re.compile(r"(?m)^[ \t|:\-]*-{3,}[ \t|:\-]*$"), ""),
    (re.compile(r"\*\*|__|`+"), ""),
    (re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)"), r"\1"),
    (re.compile(r"[ \t]*\|[ \t]*"), " "),
    (re.compile(r"\s+"), " "),
)
_HEADING = re.compile(r"(?m)^ {0,3}#{1,6}[ \t].*$")


def plain(text: str) -> str:
    """A piece of Markdown as one line of running text."""
    for pattern, replacement in _SIGNS:
        text = pattern.sub(replacement, text)
    return text


def marked(text: str, start: int, end: int, highlights: Sequence[tuple[int, int]]) -> SafeString:
    """``text[start:end]`` as HTML with the ``highlights`` inside it in ``<mark>``."""
    parts: list[str] = []
    at = start
    for begin, stop in sorted(highlights):
        begin, stop = max(begin, at), min(stop, end)
        if begin >= stop:
            continue
        parts.append(escape(plain(text[at:begin])))
        parts.append(f"<mark>{escape(plain(text[begin:stop]))}</mark>")
        at = stop
    parts.append(escape(plain(text[at:end])))
    # Every part is escaped above; the only tags are our own <mark>.
    return mark_safe("".join(parts).strip())


@register.filter
def marked_snippet(passage: FoundPassage) -> SafeString:
    """Two to three lines of a passage without its headings, which stand above it anyway; with an
    ellipsis where it goes on."""
    start, end = passage.snippet
    spans = _without_headings(passage.text, start, end) or [(start, end)]
    parts = [marked(passage.text, first, last, passage.highlights) for first, last in spans]
    before = "… " if _without_headings(passage.text, 0, start) else ""
    after = " …" if passage.text[end:].strip() else ""
    # The parts are escaped.
    return mark_safe(before + " ".join(parts) + after)


def _without_headings(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """What is left of ``text[start:end]`` without heading lines and white space."""
    spans, at = [], start
    for heading in _HEADING.finditer(text):
        if heading.start() < end and heading.end() > start:
            spans.append((at, max(at, heading.start())))
            at = min(end, heading.end())
    spans.append((at, end))
    return [(first, last) for first, last in spans if text[first:last].strip()]


@register.filter
def place(passage: FoundPassage) -> str:
    """The headings above a passage, without the document's title in front."""
    head, _separator, rest = passage.heading.partition(" › ")
    return rest if head.strip() == passage.document.strip() else passage.heading


@register.filter
def file_type(document: Document) -> str:
    """The suffix in capitals, as people name types: PDF, DOCX."""
    _stem, dot, suffix = document.name.rpartition(".")
    return suffix.upper()[:5] if dot and suffix.isalnum() else "–"


@register.filter
def has_own_title(document: Document) -> bool:
    """Whether the document names itself otherwise than its file does."""
    stem = document.name.rpartition(".")[0] or document.name
    return bool(document.title) and document.title not in {stem, document.name}


@register.filter
def joined_ids(documents: Sequence[Document]) -> str:
    """The ids, separated by commas, for an address."""
    return ",".join(str(document.pk) for document in documents)


@register.filter
def language_label(code: str) -> str:
    """A language code as the name that its speakers use: zh as 中文."""
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return "中文" if code.startswith("zh") else code
