"""Makes running text of a PDF's printed lines: joins them to paragraphs, finds headings and tables.

kreuzberg gives each page twice: as lines in reading order, which are complete, and as Markdown,
whose headings are guesses. The lines are taken, and headings are believed where a whole line agrees.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ingestion.extract.assemble import tidy
from ingestion.extract.plain import markdown_table
from ingestion.extract.types import Page

_CJK = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_HANGUL = re.compile("[\uac00-\ud7af]")
_ENDS_CJK = re.compile(f"[{_CJK}\u2014\u2026\u201d]$")
_STARTS_CJK = re.compile(f"^[{_CJK}\u2014\u2026\u201c]")
_SENTENCE_END = re.compile(r"[.!?:;。！？：；…][\"'”’)\]）」』]*$")
_LIST_START = re.compile(
    r"^(?:[•◦▪●○■□–\-*·‣➢✓]\s+\S|\(?\d{1,2}[.)]\s|\(?[a-zA-Z][.)]\s|[（(]?[一二三四五六七八九十]{1,3}[、）)])"
)
_BULLET = re.compile(r"^[•◦▪●○■□·‣➢✓]\s*")
_HYPHENATED = re.compile(r"[^\W\d_]{2,}[-\u00ad\u2010]$")
_HEADING_LINE = re.compile(r"^#{1,6} +(.+?)\s*$", re.M)
_NUMBERED = re.compile(
    r"^(?:(?:\d{1,2}\.)*\d{1,2}\.?\s+[^\W\d_a-z][^.]*[^\W\d_].*|(?:Chapter|Section|Appendix) \w+.*"
    r"|第[一二三四五六七八九十百\d]{1,4}[章节節条條].*)$"
)
_DIGITS = re.compile(r"\d+")
_SPACES = re.compile(r"\s+")


def pdf_pages(pages: Sequence[Any], markdown: str) -> list[Page]:
    """Pages with their numbers as printed lines turned into Markdown; empty pages stay, empty."""
    lines = [[" ".join(line.split()) for line in str(page["content"]).splitlines()] for page in pages]
    furniture = _furniture(lines)
    headings = {_key(found) for found in _HEADING_LINE.findall(markdown)}
    result = []
    for page, raw in zip(pages, lines, strict=True):
        kept = _without_furniture([line for line in raw if line], furniture)
        blocks = _blocks(kept, headings, [table for table in page["tables"] if _is_real(table)])
        result.append(Page(int(page["page_number"]), tidy("\n\n".join(blocks))))
    return result


def _key(line: str) -> str:
    return _SPACES.sub("", line.replace("\\", "").replace("*", ""))


def _shape(line: str) -> str:
    return _DIGITS.sub("0", _key(line))


def _furniture(pages: Sequence[Sequence[str]]) -> set[str]:
    """Running heads and feet: lines at a page's edge that return, but for digits, on most pages. Where they
    are all there is on most pages, as on badges or receipts, they are the text."""
    if len(pages) < 4:
        return set()
    shapes: Counter[str] = Counter()
    for lines in pages:
        filled = [line for line in lines if line]
        shapes.update({_shape(line) for line in (*filled[:2], *filled[-2:])})
    found = {shape for shape, count in shapes.items() if count >= max(3, 0.4 * len(pages))}
    written = [filled for lines in pages if (filled := [line for line in lines if line])]
    bare = sum(not _without_furniture(filled, found) for filled in written)
    return set() if bare > len(written) / 2 else found


def _without_furniture(lines: list[str], furniture: set[str]) -> list[str]:
    edge = (0, 1, len(lines) - 2, len(lines) - 1)
    return [line for at, line in enumerate(lines) if at not in edge or _shape(line) not in furniture]


def _blocks(lines: list[str], headings: set[str], tables: Sequence[Any]) -> list[str]:
    by_row = {_key("".join(table.cells[0])): table for table in tables}
    full = full_width(lines)
    blocks: list[str] = []
    paragraph: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        table = by_row.get(_key(line))
        rows = _rows_at(table, lines, at) if table is not None else 0
        heading = not rows and _is_heading(line, headings, paragraph)
        if paragraph and (rows or heading or breaks_after(paragraph[-1], line, full)):
            blocks.append(joined_lines(paragraph))
            paragraph = []
        if table is not None and rows:
            blocks.append(markdown_table(table.cells))
        elif heading:
            blocks.append(f"## {line}")
        else:
            paragraph.append(line)
        at += rows or 1
    if paragraph:
        blocks.append(joined_lines(paragraph))
    return blocks


def _is_real(table: Any) -> bool:
    """Whether a found table is one, and not prose whose words happen to stand in columns."""
    cells = [cell for row in table.cells for cell in row]
    filled = [cell for cell in cells if cell.strip()]
    if len(table.cells) < 2 or not filled or len(filled) < 0.6 * len(cells):
        return False
    figures = sum(any(character.isdigit() for character in cell) for cell in filled)
    return figures >= 0.3 * len(filled)


def _rows_at(table: Any, lines: list[str], at: int) -> int:
    """How many lines from ``at`` are exactly the table's rows; 0 where they are not."""
    rows = [_key("".join(row)) for row in table.cells]
    printed = [_key(line) for line in lines[at : at + len(rows)]]
    return len(rows) if printed == rows else 0


def full_width(lines: list[str]) -> float:
    """Length, in characters, from which a line counts as filled up to the margin."""
    lengths = sorted(len(line) for line in lines if len(line) > 10)
    return 0.7 * lengths[int(0.8 * (len(lengths) - 1))] if lengths else 0


def _is_heading(line: str, headings: set[str], paragraph: list[str]) -> bool:
    if (
        len(line) > 100
        or len(line) < 2
        or _SENTENCE_END.search(line)
        or line.endswith((",", "，", "、", "-"))
    ):
        return False
    if _NUMBERED.match(line) and len(line) <= 70 and not re.search(r"(?:\. ?){4}|\d{3,}$|\s\d+\s", line):
        return not paragraph or bool(_SENTENCE_END.search(paragraph[-1]))
    if _key(line) not in headings or not any(character.isalpha() for character in line):
        return False
    starts_well = line[0].isupper() or line[0].isdigit() or bool(_STARTS_CJK.match(line))
    return starts_well and (not paragraph or bool(_SENTENCE_END.search(paragraph[-1])))


def breaks_after(previous: str, line: str, full: float) -> bool:
    """Whether a new paragraph begins at ``line``."""
    if _LIST_START.match(line):
        return True
    if len(previous) >= full:
        return False
    return bool(_SENTENCE_END.search(previous)) or not line[:1].islower()


def joined_lines(lines: list[str]) -> str:
    text = _BULLET.sub("- ", lines[0])
    for line in lines[1:]:
        if _HYPHENATED.search(text) and line[:1].islower():
            text = text[:-1] + line
        elif _ENDS_CJK.search(text) and _STARTS_CJK.match(line) and not _HANGUL.search(text[-1] + line[0]):
            text += line
        else:
            text += " " + line
    return text
