"""What kind of text a text is, told from its shape: for files whose name says nothing.

Each test asks for more than one sign, since prose that is taken for a table or for code is worse off than
a table that is read as prose.
"""

import ast
import csv
import json
import re
import warnings
from collections.abc import Sequence

from ingestion.extract import kinds

_JSON_BYTES = _PYTHON_BYTES = 2 * 1024 * 1024
_ENOUGH_LINES = 3
_SAMPLE_LINES = 60
_NUMBER = re.compile(r"[-+]?[\d.,:/ -]*\d[\d.,:/ %-]*")
_SENTENCE_END = re.compile(r"[.!?。！？；：]$")
_HASHED = re.compile(r"^#", re.M)
_HEADING = re.compile(r"(?:\A|\n[ \t]*\n)#{1,6} +\S[^\n]*(?=\n(?!#)|\Z)")
_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})", re.M)
_LINK = re.compile(r"!?\[[^\[\]\n]+\]\((?:[a-z]+:|/|\.|#|\w)[^()\s]*\)")
_ITEM = re.compile(r"^ {0,3}(?:[-*+]|\d{1,3}\.) +\S", re.M)
_TABLE = re.compile(r"^\|?[ \t]*:?-{3,}:?[ \t]*\|[ \t|:-]*$", re.M)
_STRONG = re.compile(r"\*\*[^*\s][^*\n]*\*\*")
_QUOTE = re.compile(r"^> +\S", re.M)
_SETTING = re.compile(r"^\s*(?:- )?[\w.\"'/-]+\s*(?:[:=](?:\s|$)|=\S)|[{};]\s*$|^\s*[}\])]+[,;]?\s*$")
_BLOCK = re.compile(r"^[ \t]*(`{3,}|~{3,}).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.M | re.S)
_PYTHON = re.compile(r"^(?:import \w|from [\w.]+ import |(?:async )?def \w+\(|class \w+[:(]|@\w)", re.M)
_DIRECTIVE = re.compile(r"^\.\. [\w-]+::", re.M)
_ROLE = re.compile(r":[\w-]+:`[^`\n]+`|``[^`\n]+``")
_UNDERLINED = re.compile(r"^(?=\S)[^\n]{3,}\n(?:={3,}|-{3,}|~{3,}|\^{3,})[ \t]*$", re.M)


def text_shape(head: str, whole: bytes) -> str:
    """One of the kinds of text, or "" for prose. ``head`` is the decoded beginning, cut at a line's end,
    ``whole`` all bytes of the file, or "" where that is too long."""
    if is_json(head, whole):
        return kinds.JSON
    lines = [line for line in head.splitlines() if line.strip()]
    if found := _python_or_markup(head, lines, whole):
        return found
    return _table(lines)


def _python_or_markup(head: str, lines: Sequence[str], whole: bytes) -> str:
    if is_python(head, whole):
        return kinds.CODE
    if _DIRECTIVE.search(head) and (_UNDERLINED.search(head) or _ROLE.search(head)):
        return kinds.RST
    return kinds.MARKDOWN if _is_markdown(head, lines) else ""


def is_json(head: str, whole: bytes) -> bool:
    """An array or object and nothing else; of an array, one that holds something structured."""
    if head.lstrip()[:1] not in {"[", "{"} or not 0 < len(whole) <= _JSON_BYTES:
        return False
    try:
        value = json.loads(whole)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) or (
        isinstance(value, list) and (len(value) > 1 or any(isinstance(item, dict | list) for item in value))
    )


def is_python(head: str, whole: bytes) -> bool:
    """Two lines that only Python begins so, in a text that Python can parse."""
    if len(_PYTHON.findall(head)) < 2 or not 0 < len(whole) <= _PYTHON_BYTES:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(whole)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _is_markdown(head: str, lines: Sequence[str]) -> bool:
    fences = len(_FENCE.findall(head)) >= 2
    outside = _BLOCK.sub("", head)
    rest = [line for line in outside.splitlines() if line.strip()]
    if sum(bool(_SETTING.search(line)) for line in rest) > 0.25 * max(1, len(rest)):
        return False
    headings = len(_HEADING.findall(outside))
    if headings < 0.5 * len(_HASHED.findall(outside)):  # comments of a program or a list of settings
        return False
    strong = [fences, headings > 0, bool(_LINK.search(outside)), bool(_TABLE.search(outside))]
    weak = [
        len(_ITEM.findall(outside)) >= 2,
        len(_STRONG.findall(outside)) >= 2,
        bool(_QUOTE.search(outside)),
        headings >= 3,
    ]
    return len(lines) >= _ENOUGH_LINES and any(strong) and sum(strong) + sum(weak) >= 2


def _table(lines: Sequence[str]) -> str:
    sample = lines[:_SAMPLE_LINES]
    if len(sample) < _ENOUGH_LINES:
        return ""
    if _is_even(_rows(sample, "\t")) and sum(line.startswith("\t") for line in sample) < len(sample) / 2:
        return kinds.TSV
    for delimiter in (",", ";", "|"):
        rows = _rows(sample, delimiter)
        if _is_even(rows) and _is_no_prose(sample, rows, delimiter):
            return kinds.CSV
    return ""


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        return [row for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return []


def _is_even(rows: Sequence[Sequence[str]]) -> bool:
    """Nearly all rows have as many cells as the first."""
    if len(rows) < _ENOUGH_LINES or len(rows[0]) < 2:
        return False
    return sum(len(row) == len(rows[0]) for row in rows) >= 0.95 * len(rows)


def _is_no_prose(lines: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str) -> bool:
    """Prose has a blank behind its commas and ends lines as sentences; tables have figures, or many short
    cells."""
    cells = [cell for row in rows for cell in row]
    marks = sum(len(row) - 1 for row in rows)
    blanks = sum(cell.startswith(" ") for row in rows for cell in row[1:])
    ends = sum(bool(_SENTENCE_END.search(line.strip())) for line in lines)
    if blanks > 0.3 * marks or ends > 0.2 * len(lines) or (delimiter == "|" and lines[0].startswith("|")):
        return False
    figures = any(
        all(_NUMBER.fullmatch(row[column].strip()) for row in rows[1:] if column < len(row) and row[column])
        and any(column < len(row) and row[column].strip() for row in rows[1:])
        for column in range(len(rows[0]))
    )
    short = sum(len(cell) for cell in cells) <= 24 * len(cells)
    return figures or (len(rows[0]) >= 3 and short)
