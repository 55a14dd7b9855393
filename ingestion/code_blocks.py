"""Definitions in source code, told by how their first line begins; no language is parsed."""

import re
from collections.abc import Callable
from typing import NamedTuple

_WORDS = (
    r"(?:(?:export|default|public|private|protected|internal|static|abstract|final|sealed|async|unsafe|extern|"
    r"virtual|override|inline|partial|open|data|suspend|declare|pub(?:\([^)\n]*\))?)\s+)*"
)
_NAMED = (
    r"(?:class|def|function\*?|func|fn|fun|interface|struct|enum|trait|impl|module|namespace|type|record|object|"
    r"protocol|sub|procedure|defmodule|defp?)\b[\s<(]"
)
_ASSIGNED = r"(?:const|let|var)\s+[\w$]+\s*=\s*(?:async\s*)?(?:function\b|\([^)\n]*\)\s*=>|[\w$]+\s*=>)"
_QUERY = r"(?i:create|alter)\s+(?i:or\s+replace\s+)?(?i:table|view|function|procedure|trigger|index)\b"
_TYPED = (
    r"(?!(?:if|for|while|switch|else|return|catch|do|with|case)\b)[A-Za-z_][\w:<>,*&\[\]. \t]*"
    r"[ *&][\w:~]+\([^;\n]*\)[^;\n]*\{[ \t]*$"
)
_FIRST = re.compile(
    rf"^(?P<indent>[ \t]*)(?:{_WORDS}{_NAMED}|{_WORDS}{_ASSIGNED}|{_QUERY}|{_TYPED})", re.MULTILINE
)
_ABOVE = ("@", "#", "//", "/*", "*", "--", ";;", '"""')
_EMPTY_LINE = re.compile(r"\n[ \t]*\n\s*$")
_TAB = 4


class Definition(NamedTuple):
    """``text[start:end]``, from the comments and decorators above its first line to the next definition
    that is not within it. ``indent`` is in columns."""

    start: int
    end: int
    indent: int


def definitions(text: str) -> list[Definition]:
    """In the order of the text; an outer one comes before those within it."""
    found = [
        (_with_above(text, match.start()), len(match["indent"].expandtabs(_TAB)))
        for match in _FIRST.finditer(text)
    ]
    ends = [len(text)] * len(found)
    open_: list[int] = []
    for place, (start, indent) in enumerate(found):
        while open_ and found[open_[-1]][1] >= indent:
            ends[open_.pop()] = start
        open_.append(place)
    return [Definition(start, end, indent) for (start, indent), end in zip(found, ends, strict=True)]


def code_rank(tops: frozenset[int]) -> Callable[[str, int], int]:
    """2 where one of ``tops`` begins, 1 after an empty line, 0 at other lines."""

    def rank(text: str, at: int) -> int:
        return 2 if at in tops else int(bool(_EMPTY_LINE.search(text[max(0, at - 40) : at])))

    return rank


def _with_above(text: str, start: int) -> int:
    """Where the lines begin that belong to a definition but stand above it."""
    while start > 0:
        begin = text.rfind("\n", 0, start - 1) + 1
        line = text[begin:start].strip()
        if not line.startswith(_ABOVE):
            break
        start = begin
    return start
