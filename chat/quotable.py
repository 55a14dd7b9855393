"""What of a passage may be quoted as a sentence."""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from chat import fenced
from chat.citation_marks import take_out
from search.sentences import sentences as sentence_spans

LONGEST = 600
# A longer block of code is not quoted below its sentence.
CODE_LINES = 12
CODE_CHARS = 600

_HEADING = re.compile(r"#{1,6}\s")
_ROW = re.compile(r"\s*\|")
_FENCE = re.compile(r"(?m)^[ \t]*(?:`{3,}|~{3,}).*$")
_BULLET = re.compile(r"^(?:[-*+>•·▪]\s+|\d+[.)]\s+)+")
_LEADS_ON = re.compile(r"[:：][\"'”’*_`)）]*\Z")
_ENDED = re.compile(r"[.!?…。！？；:：][\"'”’»)\]】」』）》*_`]*\Z")
_NUMBERING = re.compile(
    r"^(?:(?:chapter|section|part|appendix)\s+\w+|\d+(?:\.\d+)*\.?|第\S{1,4}[章节節条條])\s*", re.I
)
# The dots between a title and its page in a table of contents.
_LEADERS = re.compile(r"(?:(?:\.[ \t]?){5,}|(?:…[ \t]?){3,}|(?:·[ \t]?){5,})\s*(?:\d{1,4}|[ivxlc]+)?")
_TITLE_CHARS = 60
_TITLE_WORDS = 8
_TITLE_WIDE_CHARS = 24
_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff]")
_GOOD_CUT = re.compile(r"[\s，、,;；]\S*\Z")


@dataclass(frozen=True, slots=True)
class Quotable:
    """A sentence and the lines of the code that it stands above, "" where there is none; or, ``in_code``,
    lines of code for want of a sentence."""

    text: str
    code: str = ""
    in_code: bool = False


def quotable(text: str) -> list[str]:
    """The sentences of ``text`` in order, without the marks of lists, none longer than ``LONGEST``.

    Where it has none: the rows of its table, the lines of its code, words that only lead on to a list or to
    code, or its headings. Lines of a table of contents are none. A number in brackets that stands in the text
    itself is left out: in an answer it would cite.
    """
    return [one.text for one in _found(text, fenced.blocks(text, is_cut=True), takes_code=False)]


def with_code(text: str) -> list[Quotable]:
    """The same sentences, each with the short block of code that directly follows it; words that lead on to
    such a block are sentences too."""
    return _found(text, fenced.blocks(text, is_cut=True), takes_code=True)


def _found(text: str, blocks: Sequence[fenced.Block], *, takes_code: bool) -> list[Quotable]:
    prose: list[Quotable] = []
    rows: list[Quotable] = []
    code: list[Quotable] = []
    headings: list[Quotable] = []
    leaders = [found.span() for found in _LEADERS.finditer(text)]
    for start, end in sentence_spans(text):
        if any(first < end and start < last for first, last in leaders):
            continue
        sentence = _cleaned(text[start:end])
        if not any(map(str.isalnum, sentence)):
            continue
        if any(block.holds(start) for block in blocks):
            code.append(Quotable(sentence, in_code=True))
        elif _ROW.match(sentence):
            rows.append(Quotable(sentence))
        elif _HEADING.match(sentence) or _is_title(text, start, end):
            headings.append(Quotable(sentence.lstrip("# ")))
        else:
            prose.append(Quotable(sentence, _code_below(text, end, blocks) if takes_code else ""))
    whole = [one for one in prose if one.code or not _LEADS_ON.search(one.text)]
    return whole or rows or code or prose or headings


def _code_below(text: str, end: int, blocks: Sequence[fenced.Block]) -> str:
    """The lines of the block that only white space parts from ``end``; "" where it is too long."""
    below = next((block for block in blocks if block.start >= end), None)
    if below is None or text[end : below.start].strip() or below.last == below.end:
        return ""
    code = textwrap.dedent(text[below.first : below.last]).strip("\n").rstrip()
    if len(code) > CODE_CHARS or code.count("\n") >= CODE_LINES or fenced.blocks(code):
        return ""
    return code


def _cleaned(sentence: str) -> str:
    bare, _marks = take_out(_FENCE.sub("", sentence).strip())
    bare = _BULLET.sub("", bare)
    return bare if len(bare) <= LONGEST else _GOOD_CUT.sub("", bare[:LONGEST])


def _is_title(text: str, start: int, end: int) -> bool:
    """A short line without a full stop or a figure, above other text: a heading in plain text."""
    line = text[start:end]
    below = text[end:].lstrip(" \t")
    if "\n" in line or not below.startswith("\n") or not below.strip():
        return False
    if text[:start].rstrip(" \t")[-1:] not in ("", "\n") or _BULLET.match(line) or _ENDED.search(line):
        return False
    words = _NUMBERING.sub("", line)
    if any(map(str.isdigit, words)) or len(line) > _TITLE_CHARS:
        return False
    if len(_WIDE.findall(line)) > _TITLE_WIDE_CHARS or len(line.split()) > _TITLE_WORDS:
        return False
    following = below.lstrip().split("\n", 1)[0]
    return below.startswith("\n\n") or len(following) > _TITLE_CHARS or _ENDED.search(following) is not None
