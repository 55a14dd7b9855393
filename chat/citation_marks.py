"""Citation marks in an answer: ``[1]``, ``[1][2]``, ``[1, 2]``, ``[1-3]``, ``【1】``, ``[^1]``."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LONGEST_RANGE = 9

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_ITEM = r"\^?\d{1,3}(?:\s*[-–]\s*\d{1,3})?"
_MARK = re.compile(rf"[ \t\u3000]*[\[【]\s*({_ITEM}(?:\s*[,，、;；]\s*{_ITEM})*)\s*[\]】](?!\()")
_RANGE = re.compile(r"\^?(\d+)(?:\s*[-–]\s*(\d+))?")


@dataclass(frozen=True, slots=True)
class Mark:
    """Number ``n`` cited at offset ``at`` of the answer without its marks."""

    n: int
    at: int


def take_out(answer: str) -> tuple[str, list[Mark]]:
    """The answer without its marks, and the marks in order. Code keeps its brackets."""
    bare: list[str] = []
    marks: list[Mark] = []
    length = begin = 0
    for match in _marks(answer):
        piece = answer[begin : match.start()]
        bare.append(piece)
        length += len(piece)
        marks.extend(Mark(n, length) for n in _numbers(match.group(1)))
        begin = match.end()
    bare.append(answer[begin:])
    return "".join(bare), marks


def canonical(bare: str, marks: Sequence[Mark]) -> str:
    """``bare`` with ``marks`` written as `` [1][2]`` at their places."""
    parts: list[str] = []
    begin = 0
    previous = -1
    for mark in marks:
        if mark.at != previous:
            parts.append(bare[begin : mark.at] + ("" if _tight(bare, mark.at) else " "))
            begin = previous = mark.at
        parts.append(f"[{mark.n}]")
    return "".join([*parts, bare[begin:]])


def _tight(bare: str, at: int) -> bool:
    """No space before a mark at the start, after a space, or after a wide character."""
    return at == 0 or bare[at - 1].isspace() or ord(bare[at - 1]) >= 0x2E80


def _marks(answer: str) -> Iterator[re.Match[str]]:
    code = [match.span() for match in _CODE.finditer(answer)]
    for match in _MARK.finditer(answer):
        place = match.start(1)
        if not any(start <= place < end for start, end in code):
            yield match


def _numbers(inside: str) -> Iterator[int]:
    for match in _RANGE.finditer(inside):
        first = int(match.group(1))
        last = int(match.group(2) or first)
        yield from range(first, last + 1) if first <= last <= first + LONGEST_RANGE else (first,)
