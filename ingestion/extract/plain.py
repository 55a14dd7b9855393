"""Text files: Markdown stays as it is, CSV becomes a table, code and JSON a fenced block."""

import contextlib
import csv
import io
import json
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from ingestion.extract import kinds
from ingestion.extract.assemble import clean, document
from ingestion.extract.decoding import decode
from ingestion.extract.text_shape import is_python
from ingestion.extract.types import Extracted, Page

_HEADING = re.compile(r"^ {0,3}# +(.+?)[ #]*$", re.M)
_ANCHOR = re.compile(r"\s*\{#[\w-]+\}\s*$")
_INTERPRETER = re.compile(r"#![^\n]*?([a-z]+)[\d.]*(?: -[^\n]*)?\n")
_DELIMITERS = ",;\t|"


def markdown(path: Path, name: str) -> Extracted:
    text = clean(decode(path.read_bytes()))
    found = _HEADING.search(text)
    title = _ANCHOR.sub("", found.group(1)) if found else _stem(name)
    return document(kinds.MARKDOWN, title, [Page(None, text)])


def plain(path: Path, name: str) -> Extracted:
    return document(kinds.PLAIN, _stem(name), [Page(None, clean(decode(path.read_bytes())))])


def code(path: Path, name: str) -> Extracted:
    """Source code in one Markdown fence, so that comments are not taken for headings."""
    suffix = PurePosixPath(name).suffix.lower()
    text = decode(path.read_bytes())
    language = kinds.CODE_SUFFIXES.get(suffix) or kinds.CODE_NAMES.get(_basename(name).lower(), "")
    if not language and (named := _INTERPRETER.match(text)):
        language = {"sh": "bash", "node": "javascript"}.get(named[1], named[1])
    if not language and is_python(text, text.encode()):
        language = "python"
    return _in_fence(kinds.CODE, name, language, text)


def json_text(path: Path, name: str) -> Extracted:
    """JSON in a fence; one long line is indented to be readable, with its characters unescaped."""
    text = decode(path.read_bytes())
    if "\n" not in text.strip() or "\\u" in text:
        with contextlib.suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    return _in_fence(kinds.JSON, name, "json", text)


def json_lines(path: Path, name: str) -> Extracted:
    """A paragraph a record, a line a field; a line that is no object stays as it is."""
    lines = clean(decode(path.read_bytes())).split("\n")
    return document(
        kinds.JSONL, _stem(name), [Page(None, "\n\n".join(_record(line) for line in lines if line.strip()))]
    )


def _record(line: str) -> str:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if not isinstance(value, dict):
        return value if isinstance(value, str) else line
    return clean(
        "\n".join(f"{key}: {_field(field)}" for key, field in value.items() if field not in (None, ""))
    )


def _field(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def fenced(text: str, language: str) -> str:
    """A Markdown block of code; its fence is longer than any in the text."""
    text = clean(text).strip("\n")
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _in_fence(mime: str, name: str, language: str, text: str) -> Extracted:
    return document(mime, _basename(name), [Page(None, fenced(text, language))])


def table(mime: str, path: Path, name: str) -> Extracted:
    """CSV or TSV as a Markdown table whose first row is the header."""
    text = clean(decode(path.read_bytes()))
    delimiter = "\t" if mime == kinds.TSV else _delimiter(text)
    csv.field_size_limit(10_000_000)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(row)]
    except csv.Error:
        return document(mime, _stem(name), [Page(None, text)])
    return document(mime, _stem(name), [Page(None, markdown_table(rows))])


def _delimiter(text: str) -> str:
    """The separator that cuts the first lines into the most, and the most even, columns."""
    lines = text.splitlines()[:50]

    def evenness(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        usual = max(set(widths), key=widths.count) if widths else 1
        return (widths.count(usual) if usual > 1 else 0, usual)

    return max(_DELIMITERS, key=evenness)


def markdown_table(rows: Iterable[Iterable[str]]) -> str:
    """A GitHub-style table; short rows are filled up, pipes escaped, newlines turned into spaces."""
    cells = [[" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    if not cells:
        return ""
    width = max(len(row) for row in cells)
    full = [row + [""] * (width - len(row)) for row in cells]
    lines = [full[0], ["---"] * width, *full[1:]]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def _basename(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name


def _stem(name: str) -> str:
    return PurePosixPath(_basename(name)).stem
