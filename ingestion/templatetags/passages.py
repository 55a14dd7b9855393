"""Passages in HTML: escaped, the matched words marked, Markdown's signs left out."""

import re
from collections.abc import Sequence

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from ingestion.extract.kinds import WEB_PAGE
from ingestion.finding import FoundPassage
from ingestion.models import Document
from search.snippets import highlights

register = template.Library()

# A table row or its rule, by whole lines, so that a pipe elsewhere stays what it is.
_ROW = re.compile(r"(?m)^[ \t]*\|.*$")
_PIPES = re.compile(r"\A[ \t]*\|[ \t]*|[ \t]*\|[ \t]*\Z|[ \t]*\|[ \t]*")
_RULE = re.compile(r"[ \t|:\-]*-{2,}[ \t|:\-]*")
# What goes; of the pattern with a group "kept", all but that group.
_SIGNS = (
    re.compile(r"(?m)^[ \t]*(?:(?:#{1,6}|[-*+]|>)[ \t]+)+"),
    re.compile(r"(?m)^[ \t]*(?:`{3,}|~{3,})[\w-]*[ \t]*$"),
    re.compile(r"(?m)^[ \t]*-{3,}[ \t]*$"),
    re.compile(r"!?\[(?P<kept>(?:[^\[\]\n\\]|\\.)*)\]\((?:[^()\n]|\([^()\n]*\))*\)"),
    # A link that the passage ends within, or begins within.
    re.compile(r"!?\[(?P<kept>[^\[\]\n]*)\]\([^()\s]*\Z"),
    re.compile(r"\A(?=\S*[/#=?%])[^\s()\[\]]{30,}\)"),
    re.compile(r"(?m)^[ \t]*</?(?:div|details|summary|section|figure|center|p)(?:\s[^<>\n]*)?>[ \t]*$"),
    re.compile(r"(?m)^[ \t]*:{3,}[ \t]*[\w-]*"),
    re.compile(r"\*\*|~~|`+"),
    re.compile(r"(?<![\w*])\*(?=[^\s*])|(?<=[^\s*])\*(?![\w*])"),
    re.compile(r"</?(?:u|b|i|em|strong|sub|sup|br|span)(?:\s[^<>]*)?/?>"),
    re.compile(r"\\(?=[!-/:-@\[-`{-~])"),
    re.compile(r"[ \t]*\{#[\w-]+\}[ \t]*$", re.MULTILINE),
)
# Encoded data, which nobody reads.
_DATA = re.compile(r"(?=\w*\d)[\w+/=-]{60,}", re.ASCII)
# What stands between cells and rows, where a piece begins or ends with it.
_EDGES = re.compile(r"\A[;·\s]+|[;·\s]+\Z")
_OPEN, _CLOSE = "\ue000", "\ue001"
_HEADING = re.compile(r"(?m)^ {0,3}#{1,6}[ \t].*$")


@register.filter
def plain(text: str) -> str:
    """A piece of Markdown as one line of running text; the cells of a table stand apart by a dot."""
    return " ".join("".join(_bare(text)).split())


@register.filter
def gist(text: str) -> str:
    """A passage as running text without its headings, where it holds more than those."""
    return plain(_HEADING.sub("", text)) or plain(text)


def marked(text: str, start: int, end: int, highlights: Sequence[tuple[int, int]]) -> SafeString:
    """``text[start:end]`` as HTML with the ``highlights`` inside it in ``<mark>``."""
    shown = _bare(text.replace(_OPEN, " ").replace(_CLOSE, " "))
    at = start
    for begin, stop in sorted(highlights):
        seen = [place for place in range(max(begin, at), min(stop, end)) if shown[place].strip()]
        if seen:
            shown[seen[0]] = _OPEN + shown[seen[0]]
            shown[seen[-1]] += _CLOSE
            at = seen[-1] + 1
    line = escape(_EDGES.sub("", " ".join("".join(shown[start:end]).split())))
    # Escaped above; the only tags are our own <mark>.
    return mark_safe(line.replace(_OPEN, "<mark>").replace(_CLOSE, "</mark>"))


def _bare(text: str) -> list[str]:
    """The characters of ``text``, each in its place, those of Markdown's signs replaced by nothing."""
    shown = list(text)
    for pattern in _SIGNS:
        for found in pattern.finditer(text):
            kept = found.span("kept") if "kept" in pattern.groupindex else (found.end(), found.end())
            for place in (*range(found.start(), kept[0]), *range(kept[1], found.end())):
                shown[place] = ""
    for data in _DATA.finditer(text):
        if "".join(shown[data.start() : data.end()]):
            shown[data.start() : data.end()] = ["…", *[""] * (len(data.group()) - 1)]
    for row in _ROW.finditer(text):
        _set_row(shown, row)
    return shown


def _set_row(shown: list[str], row: re.Match[str]) -> None:
    """Cells of a table row apart by " · "; rows by the same, except after the last."""
    if _RULE.fullmatch(row.group()):
        shown[row.start() : row.end()] = [""] * len(row.group())
        return
    for pipe in _PIPES.finditer(row.group()):
        inner = pipe.start() > 0 and pipe.end() < len(row.group())
        begin = row.start() + pipe.start()
        shown[begin : row.start() + pipe.end()] = [""] * len(pipe.group())
        if inner:
            shown[begin] = " · "
    if row.string[row.end() :].lstrip(" \n\t").startswith("|") and row.group().strip():
        shown[row.end() - 1] += "; "


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


@register.filter
def marked_title(passage: FoundPassage) -> SafeString:
    """The document's title with the matched words marked."""
    title = passage.document
    return marked(title, 0, len(title), highlights(title, passage.marked, passage.phrases))


@register.filter
def marked_place(passage: FoundPassage) -> SafeString:
    """``place`` with the matched words marked."""
    shown = place(passage)
    return marked(shown, 0, len(shown), highlights(shown, passage.marked, passage.phrases))


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
    return below_title(passage.heading, passage.document)


@register.filter
def below_title(heading: str, title: str) -> str:
    """A path of headings without the document's title in front, which stands beside it anyway."""
    head, _separator, rest = heading.partition(" › ")
    return rest if head.strip() == title.strip() else heading


@register.filter
def file_type(document: Document) -> str:
    """The suffix in capitals, as people name types: PDF, DOCX; a page of the web by that name."""
    if document.mime == WEB_PAGE:
        return _("Web page")
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
