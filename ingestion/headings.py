"""The Markdown headings of a text, with the path of headings above any place."""

import re
from bisect import bisect_right
from collections.abc import Iterator

_LINE = re.compile(r"^ {0,3}(?:(?P<fence>`{3,}|~{3,})|(?P<marks>#{1,6})[ \t]+(?P<title>\S[^\n]*))", re.M)
_CLOSING = re.compile(r"\s+#+\s*$")
_ANCHOR = re.compile(r"\s*\{#[^}]*\}\s*$")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
# Tags outside of code, where they are what the heading is about.
_TAG = re.compile(r"(`[^`]*`)|</?[A-Za-z][\w-]*(?:\s[^<>]*)?/?>")
# Stars that point to a note stand apart behind the words.
_STARS = re.compile(r"(?:\s+\*+)+$")
_MARKS = re.compile(r"\\([!-/:-@\[-`{-~])|[*`]|(?<!\w)_|_(?!\w)")
_SEPARATOR = " › "
_LEVELS = 3
_TITLE_CHARS = 80


class Outline:
    """Finds headings outside code fences, once, in linear time."""

    def __init__(self, text: str) -> None:
        found = list(_headings(text))
        self.spans = [(start, end) for start, end, _ in found]
        self._starts = [start for start, _, _ in found]
        self._heads = set(self._starts)
        self._paths: list[tuple[str, ...]] = []
        open_: list[tuple[int, str]] = []
        for start, end, level in found:
            while open_ and open_[-1][0] >= level:
                open_.pop()
            open_.append((level, plain_title(text[start:end])))
            self._paths.append(tuple(title for _, title in open_ if title))

    def is_heading(self, at: int) -> bool:
        """Whether a heading begins at this offset."""
        return at in self._heads

    def path(self, start: int, end: int) -> str:
        """Headings above a passage, the last three of them. Those with which it begins count: they
        stand above the rest of it."""
        at = bisect_right(self._starts, start) - 1
        while 0 <= at < len(self.spans) - 1 and self.spans[at][0] >= start:
            following = at + 1
            if self.spans[following][0] > self.spans[at][1] + 4 or self.spans[following][1] >= end:
                break
            at = following
        return _SEPARATOR.join(self._paths[at][-_LEVELS:]) if at >= 0 else ""


def plain_title(line: str) -> str:
    """The words of a heading line without Markdown's marks, at most 80 characters."""
    title = _ANCHOR.sub("", _CLOSING.sub("", line.strip().lstrip("#").strip()))
    title = _LINK.sub(r"\1", _TAG.sub(lambda found: found.group(1) or " ", title))
    title = _MARKS.sub(lambda found: found.group(1) or "", title)
    title = _STARS.sub("", " ".join(title.split()))
    return title if len(title) <= _TITLE_CHARS else title[: _TITLE_CHARS - 1].rstrip() + "…"


def _headings(text: str) -> Iterator[tuple[int, int, int]]:
    """(start, end with the line break, level) of each heading."""
    fence = ""
    for found in _LINE.finditer(text):
        marks = found["fence"]
        if marks:
            if not fence:
                fence = marks
            elif marks[0] == fence[0] and len(marks) >= len(fence) and _rest_is_blank(text, found.end()):
                fence = ""
        elif not fence:
            end = found.end() + 1 if text[found.end() : found.end() + 1] == "\n" else found.end()
            yield found.start(), end, len(found["marks"])


def _rest_is_blank(text: str, at: int) -> bool:
    end = text.find("\n", at)
    return not text[at : end if end >= 0 else len(text)].strip()
