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


def plain(text: str) -> str:
    """A piece of Markdown as one line of running text."""
    for pattern, replacement in _SIGNS:
        text = pattern.sub(replacement, text)
    return text


def marked(text: str, start: int, end: int, highlights: Sequence[tuple[int, int]]) -> SafeString:
    """``text[start:end]`` as HTML with the ``highlights`` inside it in ``<mark>``."""
    parts, at = [], start
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
    """Two to three lines of a passage, with an ellipsis where it goes on."""
    start, end = passage.snippet
    shown = marked(passage.text, start, end, passage.highlights)
    before = "… " if passage.text[:start].strip() else ""
    after = " …" if passage.text[end:].strip() else ""
    return mark_safe(f"{before}{shown}{after}")


@register.filter
def file_type(document: Document) -> str:
    """The suffix in capitals, as people name types: PDF, DOCX."""
    _stem, dot, suffix = document.name.rpartition(".")
    return suffix.upper()[:5] if dot and suffix.isalnum() else "–"


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
