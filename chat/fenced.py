"""Fenced blocks of code in a Markdown text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"(?m)^[ \t]*(?P<mark>`{3,}|~{3,})(?P<info>[^`\n]*)$")
# A line that may stand above code; within code hardly one is a heading, or ends like a sentence.
_ABOVE_CODE = re.compile(r"\s*\Z|#{1,6}\s|.*[.!?…。！？；:：][\"'”’»)\]】」』）》*_`]*\s*\Z")
# The end of a statement in prose.
_STATEMENT = re.compile(r"(?m)[^\W\d_]{2}[\"'”’)）]*[.!?。！？]\s*$")


@dataclass(frozen=True, slots=True)
class Block:
    """``text[start:end]`` with its fences; its lines are ``text[first:last]``."""

    start: int
    first: int
    last: int
    end: int

    def holds(self, at: int) -> bool:
        return self.start <= at < self.end


def blocks(text: str, *, is_cut: bool = False) -> list[Block]:
    """In order. A block that is never closed ends with the text. A text that ``is_cut`` out of a longer one
    may begin within a block: it does where the line above its first fence looks like code, what is behind
    the last one like prose, and no block is left open then."""
    fences = list(_FENCE.finditer(text))
    found = _paired(text, fences, is_open=False)
    if is_cut and _is_open(found, text):
        above = text[: fences[0].start()].removesuffix("\n").rpartition("\n")[2]
        looks_so = _STATEMENT.search(text, fences[-1].end()) and not _ABOVE_CODE.match(above)
        begun = _paired(text, fences, is_open=True)
        if looks_so and not _is_open(begun, text):
            return begun
    return found


def paragraphs(text: str) -> Iterator[tuple[str, bool]]:
    """What stands between the blank lines of ``text``, and its blocks whole, without their fences: each with
    whether it is code."""
    begin = 0
    for block in blocks(text):
        yield from _plain(text[begin : block.start])
        yield text[block.first : block.last].rstrip("\n"), True
        begin = block.end
    yield from _plain(text[begin:])


def _plain(text: str) -> Iterator[tuple[str, bool]]:
    return ((part, False) for part in text.split("\n\n") if part.strip())


def _is_open(found: list[Block], text: str) -> bool:
    return bool(found) and found[-1].last == len(text)


def _paired(text: str, fences: list[re.Match[str]], *, is_open: bool) -> list[Block]:
    found: list[Block] = []
    start = first = 0
    mark = fences[0]["mark"] if is_open else ""
    for fence in fences:
        if not mark:
            mark, start, first = fence["mark"], fence.start(), min(fence.end() + 1, len(text))
        elif fence["mark"].startswith(mark) and not fence["info"].strip():
            found.append(Block(start, first, fence.start(), fence.end()))
            mark = ""
    return [*found, Block(start, first, len(text), len(text))] if mark else found
