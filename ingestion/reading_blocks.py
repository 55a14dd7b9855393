"""Blocks of light Markdown: headings, paragraphs, lists, quotes, code, tables and rules."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingestion.reading_inline import Range, render_inline
from ingestion.reading_marks import Writer

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`]*)$")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|$)")
_HEADING_END = re.compile(r"(?:[ \t]+#+)?(?:[ \t]*\{#[\w-]+\})?[ \t]*$")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_ITEM = re.compile(r"([ \t]*)(?:([-*+•])|(\d{1,9})[.)])(?:[ \t]+|$)")
_QUOTE = re.compile(r" {0,3}> ?")
_TABLE_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_CELL_END = re.compile(r"(?:\\.|[^|\\])*")
_DEPTH = 4


@dataclass(slots=True)
class _Lines:
    """Lines as ranges of the source without their line breaks, and the place among them."""

    source: str
    ranges: list[Range]
    at: int = 0

    def more(self) -> bool:
        return self.at < len(self.ranges)

    def line(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.source[slice(*self.ranges[at])] if at < len(self.ranges) else ""

    def take(self) -> Range:
        self.at += 1
        return self.ranges[self.at - 1]


def render_blocks(source: str, start: int, end: int, writer: Writer, *, markdown: bool) -> None:
    lines = _Lines(source, list(_lines(source, start, end)))
    if markdown:
        _blocks(lines, writer, 0)
        return
    while lines.more():
        if lines.line().strip():
            _plain(lines, writer)
        else:
            lines.take()


def _lines(source: str, start: int, end: int) -> Iterator[Range]:
    while start < end:
        found = _LINE.match(source, start, end)
        stop = found.end() if found else end
        text_end = stop
        while text_end > start and source[text_end - 1] in "\r\n":
            text_end -= 1
        yield start, text_end
        start = max(stop, start + 1)


def _plain(lines: _Lines, writer: Writer) -> None:
    writer.tag("<p>")
    first = True
    while lines.line().strip():
        if not first:
            writer.tag("<br>")
        first = False
        writer.text(*lines.take())
    writer.tag("</p>\n")


def _blocks(lines: _Lines, writer: Writer, depth: int) -> None:
    while lines.more():
        line = lines.line()
        if not line.strip():
            lines.take()
        elif _FENCE.match(line):
            _code(lines, writer)
        elif _HEADING.match(line):
            _heading(lines, writer)
        elif _RULE.match(line):
            lines.take()
            writer.tag("<hr>\n")
        elif _QUOTE.match(line) and depth < _DEPTH:
            _quote(lines, writer, depth)
        elif _ITEM.match(line):
            _list(lines, writer)
        elif _starts_table(lines):
            _table(lines, writer)
        else:
            _paragraph(lines, writer)


def _code(lines: _Lines, writer: Writer) -> None:
    """A fenced block; one that is never closed goes to the end."""
    found = _FENCE.match(lines.line())
    assert found is not None
    fence, language = found[1], found[2].strip()
    lines.take()
    name = re.match(r"[\w+-]{1,30}", language)
    writer.tag(f'<pre><code class="language-{name.group()}">' if name else "<pre><code>")
    closing = re.compile(rf" {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$")
    first = True
    while lines.more():
        if closing.match(lines.line()):
            lines.take()
            break
        if not first:
            writer.tag("\n")
        first = False
        writer.text(*lines.take())
    writer.tag("</code></pre>\n")


def _heading(lines: _Lines, writer: Writer) -> None:
    line = lines.line()
    found = _HEADING.match(line)
    assert found is not None
    start, _ = lines.take()
    end = _HEADING_END.search(line, found.end())
    stop = start + (end.start() if end else len(line))
    _tagged(writer, f"h{min(6, len(found[1]) + 1)}", [(start + found.end(), stop)], lines.source)


def _tagged(writer: Writer, name: str, ranges: list[Range], source: str) -> None:
    writer.tag(f"<{name}>")
    render_inline(source, ranges, writer)
    writer.tag(f"</{name}>\n")


def _quote(lines: _Lines, writer: Writer, depth: int) -> None:
    inner: list[Range] = []
    while found := _QUOTE.match(lines.line()):
        start, end = lines.take()
        inner.append((start + found.end(), end))
    writer.tag("<blockquote>\n")
    _blocks(_Lines(lines.source, inner), writer, depth + 1)
    writer.tag("</blockquote>\n")


def _paragraph(lines: _Lines, writer: Writer) -> None:
    ranges = [_stripped(lines)]
    while lines.more() and lines.line().strip():
        line = lines.line()
        if setext := _SETEXT.match(line):
            lines.take()
            _tagged(writer, "h2" if setext[1][0] == "=" else "h3", ranges, lines.source)
            return
        if _interrupts(lines, line):
            break
        ranges.append(_stripped(lines))
    _tagged(writer, "p", ranges, lines.source)


def _interrupts(lines: _Lines, line: str) -> bool:
    if _FENCE.match(line) or _HEADING.match(line) or _QUOTE.match(line) or _RULE.match(line):
        return True
    return bool(_ITEM.match(line)) or _starts_table(lines)


def _stripped(lines: _Lines) -> Range:
    """The next line without white space around it; two spaces at its end stay, for a hard break."""
    line = lines.line()
    start, end = lines.take()
    return start + len(line) - len(line.lstrip()), end


def _list(lines: _Lines, writer: Writer) -> None:
    """Consecutive items, nested by their indentation."""
    open_: list[tuple[int, str]] = []
    while found := _ITEM.match(lines.line()):
        indent = len(found[1].expandtabs(4))
        while len(open_) > 1 and indent < open_[-1][0]:
            writer.tag(f"</li></{open_.pop()[1]}>\n")
        if open_ and (indent <= open_[-1][0] + 1 or len(open_) > _DEPTH):
            writer.tag("</li>\n")
        else:
            kind = "ul" if found[2] else "ol"
            number = f' start="{int(found[3])}"' if found[3] and int(found[3]) != 1 else ""
            writer.tag(f"<{kind}{number}>\n")
            open_.append((indent, kind))
        start, end = lines.take()
        writer.tag("<li>")
        render_inline(lines.source, [(start + found.end(), end), *_continued(lines)], writer)
        _skip_gap(lines)
    for _, kind in reversed(open_):
        writer.tag(f"</li></{kind}>\n")


def _continued(lines: _Lines) -> list[Range]:
    """The lines that go on with an item's paragraph."""
    ranges: list[Range] = []
    while lines.more() and lines.line().strip() and not _interrupts(lines, lines.line()):
        ranges.append(_stripped(lines))
    return ranges


def _skip_gap(lines: _Lines) -> None:
    """Passes empty lines where the list goes on below them."""
    ahead = 0
    while lines.at + ahead < len(lines.ranges) and not lines.line(ahead).strip():
        ahead += 1
    if ahead and _ITEM.match(lines.line(ahead)) and not _RULE.match(lines.line(ahead)):
        lines.at += ahead


def _starts_table(lines: _Lines) -> bool:
    return "|" in lines.line() and "-" in lines.line(1) and _TABLE_RULE.match(lines.line(1)) is not None


def _table(lines: _Lines, writer: Writer) -> None:
    writer.tag('<div class="table"><table>\n<thead>\n')
    _row(lines.source, lines.take(), "th", writer)
    lines.take()
    writer.tag("</thead>\n<tbody>\n")
    while "|" in lines.line():
        _row(lines.source, lines.take(), "td", writer)
    writer.tag("</tbody>\n</table></div>\n")


def _row(source: str, line: Range, cell: str, writer: Writer) -> None:
    start, end = line
    writer.tag("<tr>")
    text = source[start:end].strip()
    start += source[start:end].find(text[:1])
    stop = start + len(text)
    start += text.startswith("|")
    while start < stop:
        found = _CELL_END.match(source, start, stop)
        cell_end = found.end() if found else stop
        if cell_end == start and source[start] == "\\":
            cell_end = stop
        raw = source[start:cell_end]
        begin = start + len(raw) - len(raw.lstrip())
        writer.tag(f"<{cell}>")
        render_inline(source, [(begin, max(begin, start + len(raw.rstrip())))], writer)
        writer.tag(f"</{cell}>")
        start = cell_end + 1
    writer.tag("</tr>\n")
