"""Inline Markdown: emphasis, code, links, entities; each leaf keeps its place in the source."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape

from ingestion.reading_marks import Writer

Range = tuple[int, int]

_TOKEN = re.compile(
    r"""
    (?P<escape>\\[!-/:-@\[-`{-~])
  | (?P<code>(?<!`)(?P<ticks>`{1,8})(?!`)(?P<literal>[^`]{1,2000}?)(?<!`)(?P=ticks)(?!`))
  | (?P<image>!\[(?P<alt>[^\[\]\n]{0,500})\]\([^()\s]{0,2000}(?:[ ]"[^"\n]{0,300}")?\))
  | (?P<link>\[(?P<label>(?:[^\[\]\n\\]|\\.){1,500})\]
      \(\s?<?(?P<target>(?:[^()\s<>]|\([^()\s]{0,200}\)){0,2000})>?(?:[ ]"[^"\n]{0,300}")?\))
  | (?P<auto><(?P<address>https?://[^\s<>]{1,2000})>)
  | (?P<entity>&(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)
  | (?P<break><br\s?/?>|[ ]{2,}(?=\n))
  | (?P<delimiter>\*{1,3}|_{1,3}|~~)
    """,
    re.X | re.I,
)
_SAFE_TARGET = re.compile(r"(?:https?://|mailto:)[^\s\"'<>\\]+\Z", re.I)
_TAGS = {"*": "em", "_": "em", "**": "strong", "__": "strong", "~~": "del"}


@dataclass(slots=True)
class _Piece:
    """A token within the joined text; ``tag`` is set where it opens or closes emphasis."""

    start: int
    end: int
    kind: str
    found: re.Match[str] | None = None
    tag: str = ""


class _Joined:
    """Lines joined by newlines into one string, with the way back to places in the source."""

    def __init__(self, source: str, ranges: Sequence[Range]) -> None:
        self.text = "\n".join(source[start:end] for start, end in ranges)
        self._source_starts = [start for start, _ in ranges]
        self._starts: list[int] = []
        at = 0
        for start, end in ranges:
            self._starts.append(at)
            at += end - start + 1

    def write(self, writer: Writer, start: int, end: int) -> None:
        """Writes a range of the joined text, line by line."""
        while start < end:
            line = bisect_right(self._starts, start) - 1
            limit = self._starts[line + 1] - 1 if line + 1 < len(self._starts) else len(self.text)
            if start == limit:
                writer.tag("\n")
                start += 1
                continue
            stop = min(end, limit)
            begin = self.place(start)
            writer.text(begin, begin + stop - start)
            start = stop

    def place(self, at: int) -> int:
        line = bisect_right(self._starts, at) - 1
        return self._source_starts[line] + at - self._starts[line]


def render_inline(source: str, ranges: Sequence[Range], writer: Writer) -> None:
    """Writes the lines given by ``ranges``, which follow one another in the source."""
    joined = _Joined(source, ranges)
    _write(joined, 0, len(joined.text), writer, links=True)


def _write(joined: _Joined, start: int, end: int, writer: Writer, *, links: bool) -> None:
    at = start
    for piece in _pieces(joined.text, start, end):
        joined.write(writer, at, piece.start)
        at = piece.end
        if piece.kind == "delimiter":
            if piece.tag:
                writer.tag(piece.tag)
            else:
                joined.write(writer, piece.start, piece.end)
        elif piece.found is not None:
            _write_piece(joined, piece, piece.found, writer, links=links)
    joined.write(writer, at, end)


def _write_piece(
    joined: _Joined, piece: _Piece, found: re.Match[str], writer: Writer, *, links: bool
) -> None:
    if piece.kind == "escape":
        joined.write(writer, piece.start + 1, piece.end)
    elif piece.kind == "code":
        writer.tag("<code>")
        joined.write(writer, *found.span("literal"))
        writer.tag("</code>")
    elif piece.kind == "image":
        writer.tag('<span class="picture">')
        joined.write(writer, *found.span("alt"))
        writer.tag("</span>")
    elif piece.kind in {"link", "auto"}:
        _write_link(joined, piece, found, writer, links=links)
    elif piece.kind == "entity":
        start = joined.place(piece.start)
        writer.replaced(start, start + piece.end - piece.start, unescape(found.group()))
    else:
        writer.tag("<br>")


def _write_link(joined: _Joined, piece: _Piece, found: re.Match[str], writer: Writer, *, links: bool) -> None:
    """Only web and mail addresses become links; of others the label stays."""
    target = unescape(found["target"] if piece.kind == "link" else found["address"])
    start, end = found.span("label" if piece.kind == "link" else "address")
    safe = links and _SAFE_TARGET.match(target) is not None
    if safe:
        writer.anchors(joined.place(end))
        writer.tag(f'<a href="{escape(target)}" rel="nofollow noopener noreferrer" target="_blank">')
    if piece.kind == "link":
        _write(joined, start, end, writer, links=False)
    else:
        joined.write(writer, start, end)
    if safe:
        writer.tag("</a>")


def _pieces(text: str, start: int, end: int) -> list[_Piece]:
    pieces = [
        _Piece(found.start(), found.end(), found.lastgroup or "", found)
        for found in _TOKEN.finditer(text, start, end)
    ]
    for piece in pieces:
        piece.kind = _kind(piece)
    return _paired(text, _single(text, pieces))


def _kind(piece: _Piece) -> str:
    assert piece.found is not None
    groups = ("escape", "code", "image", "link", "auto", "entity", "break", "delimiter")
    return next(name for name in groups if piece.found[name] is not None)


def _single(text: str, pieces: list[_Piece]) -> list[_Piece]:
    """``***`` as two delimiters, of which the outer is strong."""
    result: list[_Piece] = []
    for piece in pieces:
        if piece.kind == "delimiter" and piece.end - piece.start == 3:
            closes = (
                not text[piece.start - 1 : piece.start].isspace()
                and not text[piece.end : piece.end + 1].isalnum()
            )
            middle = piece.start + (1 if closes and piece.start else 2)
            result.append(_Piece(piece.start, middle, "delimiter"))
            result.append(_Piece(middle, piece.end, "delimiter"))
        else:
            result.append(piece)
    return result


def _paired(text: str, pieces: list[_Piece]) -> list[_Piece]:
    """Gives tags to delimiters that pair up; each is looked at twice at most."""
    open_: list[_Piece] = []
    waiting: Counter[str] = Counter()
    for piece in pieces:
        if piece.kind != "delimiter":
            continue
        mark = text[piece.start : piece.end]
        before = text[piece.start - 1] if piece.start else " "
        after = text[piece.end] if piece.end < len(text) else " "
        inside_word = mark[0] == "_" and before.isalnum() and after.isalnum()
        if waiting[mark] and not before.isspace() and not inside_word:
            while True:
                opener = open_.pop()
                name = text[opener.start : opener.end]
                waiting[name] -= 1
                if name == mark:
                    break
            opener.tag, piece.tag = f"<{_TAGS[mark]}>", f"</{_TAGS[mark]}>"
        elif not after.isspace() and not inside_word:
            open_.append(piece)
            waiting[mark] += 1
    return pieces
