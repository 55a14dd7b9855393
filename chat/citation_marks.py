"""Citation marks in an answer: ``[1]``, ``[1][2]``, ``[1, 2]``, ``[1-3]``, ``【1】``, ``(source 1)``."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

LONGEST_RANGE = 9

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_NAME = r"(?:来源|來源|资料|資料|文档|文獻|文献|片段|sources?|documents?|docs?|passages?|ref\.?)\s*[:：#]?\s*"
_ITEM = r"\^?\d{1,3}(?:\s*[-–~]\s*\d{1,3})?"
_GAP = r"\s*(?:[,，、;；&]|and\b|和|与)\s*"
_ITEMS = rf"(?:{_NAME})?{_ITEM}(?:{_GAP}(?:{_NAME})?{_ITEM})*"
# Behind the number some models repeat what it is: 【1†source】.
_MARK = re.compile(
    rf"[ \t\u3000]*(?:[\[【［〔]\s*({_ITEMS})\s*(?:†[^\]】\n]{{0,40}})?[\]】］〕](?!\()"
    rf"|[(（]\s*({_NAME}{_ITEM}(?:{_GAP}(?:{_NAME})?{_ITEM})*)\s*[)）])",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d+)(?:\s*[-–~]\s*(\d+))?")
_IN_WORDS = re.compile(r"(?:来源|來源|(?<!\w)source)\s*(\d{1,2})(?!\d|\s*[\]】)）])", re.IGNORECASE)
_SUPERSCRIPT = re.compile(r"<sup>\s*\[?(\d{1,2})\]?\s*</sup>", re.IGNORECASE)
_ROUND = re.compile(
    r"(?<=\S)[ \t]*[(（](\d{1,2}(?:\s*[,，、]\s*\d{1,2})*)[)）](?=[ \t]*(?:[.。!！?？;；,，]|$))"
    r"|(?<=[.。!！?？])[ \t]*[(（](\d{1,2}(?:\s*[,，、]\s*\d{1,2})*)[)）](?=\s)",
    re.MULTILINE,
)
_ENUMERATES = re.compile(r"^\s*[(（]\d{1,2}[)）]", re.MULTILINE)
_LIST_OF_SOURCES = re.compile(
    r"\n+[ \t]*(?:\#+\s*|\*\*)?"
    r"(?:sources?|references|citations?|来源|來源|参考资料|参考文献|引用|出处)(?:\s*\*\*)?"
    r"\s*[:：]?\s*(?:\*\*)?\s*\n(?:[ \t]*(?:[-*+]\s+)?[\[【]\^?\d{1,3}[\]】][^\n]*(?:\n+|\Z))+\s*\Z",
    re.IGNORECASE,
)


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
        marks.extend(Mark(n, length) for n in _numbers(match.group(1) or match.group(2)))
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


def understood(answer: str, given: Collection[int]) -> str:
    """A model's answer with what it may have meant as marks written as marks.

    ``given`` are the numbers of its sources. ``according to source 1`` gets a mark behind it,
    ``<sup>1</sup>`` becomes one, and so does ``(1)`` at the end of a sentence where the answer has no other
    marks. A list of the sources at the end is dropped: the page has its own.
    """
    answer = _LIST_OF_SOURCES.sub("", answer)
    answer = _outside_code(answer, lambda text: _SUPERSCRIPT.sub(r"[\1]", text))

    def in_words(match: re.Match[str]) -> str:
        return f"{match.group()}[{match.group(1)}]" if int(match.group(1)) in given else match.group()

    answer = _outside_code(answer, lambda text: _IN_WORDS.sub(in_words, text))
    if next(_marks(answer), None) is not None or _ENUMERATES.search(answer):
        return answer

    def in_round(match: re.Match[str]) -> str:
        inside = match.group(1) or match.group(2)
        known = all(int(n) in given for n in re.findall(r"\d+", inside))
        return f"[{inside}]" if known else match.group()

    return _outside_code(answer, lambda text: _ROUND.sub(in_round, text))


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    parts: list[str] = []
    begin = 0
    for code in _CODE.finditer(text):
        parts += [change(text[begin : code.start()]), code.group()]
        begin = code.end()
    return "".join([*parts, change(text[begin:])])


def _tight(bare: str, at: int) -> bool:
    """No space before a mark at the start, after a space, or after a wide character."""
    return at == 0 or bare[at - 1].isspace() or ord(bare[at - 1]) >= 0x2E80


def _marks(answer: str) -> Iterator[re.Match[str]]:
    code = [match.span() for match in _CODE.finditer(answer)]
    for match in _MARK.finditer(answer):
        place = match.end() - 1
        if not any(start <= place < end for start, end in code):
            yield match


def _numbers(inside: str) -> Iterator[int]:
    for match in _RANGE.finditer(inside):
        first = int(match.group(1))
        last = int(match.group(2) or first)
        yield from range(first, last + 1) if first <= last <= first + LONGEST_RANGE else (first,)
