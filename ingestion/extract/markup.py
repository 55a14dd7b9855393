"""Markup of technical writing as Markdown: AsciiDoc by own rules, reStructuredText and LaTeX by kreuzberg."""

import re
from pathlib import Path, PurePosixPath

from ingestion.extract import kinds
from ingestion.extract.assemble import clean, document, tidy
from ingestion.extract.decoding import decode
from ingestion.extract.documents import first_heading, readable
from ingestion.extract.kreuzberg_calls import convert
from ingestion.extract.plain import fenced, markdown_table
from ingestion.extract.types import Extracted, Page

_RST_NOTE = re.compile(r"^> \*\*(\w+):: ?(.*)\*\*\n>\n> \1:: ?", re.M)
_LATEX_TITLE = re.compile(r"\A\*\*title\*\*: (.+)\n")
_FENCE = re.compile(r"^(-{4,}|\.{4,}|`{3,})\s*$")
_HIDDEN = re.compile(r"^(?:={4,}|\*{4,}|_{4,}|\+{4,}|--|\[\[.*\]\]|:[\w!-]+:.*|'''|<<<|toc::.*|//.*)\s*$")
_SOURCE = re.compile(r"^\[(?:source|listing)?,\s*([\w+#-]+).*\]$")
_INCLUDE = re.compile(r"^(?:include|image|video)::[^\[]*\[(.*)\]$")
_INLINE = (
    (re.compile(r"(?:link:|xref:)?(https?://[^\s\[\]]+)\[([^\]]+)\]"), r"[\2](\1)"),
    (re.compile(r"(?:link|xref):[^\s\[\]]+\[([^\]]*)\]"), r"\1"),
    (re.compile(r"<<[^,>]+,\s*([^>]+)>>"), r"\1"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"**\1**"),
    (re.compile(r"(?:footnote|kbd|btn|menu):?\w*\[([^\]]*)\]"), r"\1"),
    (re.compile(r"\s\+$"), ""),
)


def restructured(path: Path, name: str) -> Extracted:
    source = clean(decode(path.read_bytes()))
    text = readable(str(convert(source.encode(), kinds.RST).content))
    text = _RST_NOTE.sub(lambda note: f"> **{note[1].capitalize()}**: ", text)
    return document(kinds.RST, first_heading(text) or _stem(name), [Page(None, text)])


def latex(path: Path, name: str) -> Extracted:
    source = clean(decode(path.read_bytes()))
    text = readable(str(convert(source.encode(), kinds.LATEX).content))
    title = _LATEX_TITLE.match(text)
    if title:
        text = tidy(text[title.end() :])
    return document(
        kinds.LATEX, title[1] if title else first_heading(text) or _stem(name), [Page(None, text)]
    )


def asciidoc(path: Path, name: str) -> Extracted:
    text = asciidoc_to_markdown(clean(decode(path.read_bytes())))
    return document(kinds.ASCIIDOC, first_heading(text) or _stem(name), [Page(None, text)])


def asciidoc_to_markdown(source: str) -> str:
    """Headings, lists, code, tables, admonitions and links; attributes, anchors and comments go."""
    lines = source.split("\n")
    out: list[str] = []
    language = ""
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        opened = _FENCE.match(line)
        if opened or line.startswith("|==="):
            end = _closing(lines, at, (opened[1] if opened else "|===").rstrip())
            body = lines[at:end]
            out.append(fenced("\n".join(body), language) if opened else _table(body))
            language, at = "", end + 1
        elif line.strip() == "////":
            at = _closing(lines, at, "////") + 1
        elif found := _SOURCE.match(line.strip()):
            language = found[1]
        elif not _HIDDEN.match(line) and not re.match(r"^\[[^\]]*\]\s*$", line):
            out.append(_line(line))
    return tidy("\n".join(out))


def _closing(lines: list[str], at: int, mark: str) -> int:
    return next((end for end in range(at, len(lines)) if lines[end].rstrip() == mark), len(lines))


def _line(line: str) -> str:
    if heading := re.match(r"^(={1,6})\s+(\S.*)$", line):
        return f"{'#' * len(heading[1])} {_inline(heading[2])}"
    if listed := re.match(r"^\s*(\*{1,5}|\.{1,5}|-)\s+(\S.*)$", line):
        indent = "  " * (len(listed[1]) - 1)
        return f"{indent}{'1.' if listed[1].startswith('.') else '-'} {_inline(listed[2])}"
    if note := re.match(r"^(NOTE|TIP|IMPORTANT|WARNING|CAUTION): (.*)$", line):
        return f"> **{note[1].capitalize()}**: {_inline(note[2])}"
    if titled := re.match(r"^\.(\w.*)$", line):
        return f"**{_inline(titled[1])}**\n"
    if term := re.match(r"^(\S.*?)::(?:\s+(.*))?$", line):
        return f"**{_inline(term[1])}**: {_inline(term[2] or '')}" if not _INCLUDE.match(line) else ""
    included = _INCLUDE.match(line)
    return included[1] if included else _inline("" if line == "+" else line)


def _inline(text: str) -> str:
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return text


def _table(lines: list[str]) -> str:
    """Cells of one line make a row; one cell a line are gathered by the width of the first row."""
    rows = [
        [_inline(cell.strip()) for cell in re.split(r"(?<!\\)\|", line)[1:]]
        for line in lines
        if line.startswith("|")
    ]
    width = len(rows[0]) if rows else 0
    if width > 1 and all(len(row) == 1 for row in rows[1:]):
        cells = [row[0] for row in rows[1:]]
        rows = [rows[0], *(cells[at : at + width] for at in range(0, len(cells), width))]
    return f"\n{markdown_table(rows)}\n"


def _stem(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).stem
