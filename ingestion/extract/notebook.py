"""Jupyter notebooks: text cells as they are, code in fences of its language, printed results below it."""

import json
import re
from pathlib import Path, PurePosixPath
from typing import Any

from ingestion.extract import kinds, messages
from ingestion.extract.assemble import clean, document
from ingestion.extract.decoding import decode
from ingestion.extract.documents import first_heading
from ingestion.extract.plain import fenced
from ingestion.extract.types import Extracted, ExtractionError, Page

_OUTPUT_CHARS = 4000
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def notebook(path: Path, name: str) -> Extracted:
    """Formats 3 and 4. Raises ``ExtractionError`` ``damaged`` for what is not such a notebook."""
    try:
        value = json.loads(decode(path.read_bytes()))
        cells = value["cells"] if "cells" in value else [c for s in value["worksheets"] for c in s["cells"]]
        language = str(value.get("metadata", {}).get("kernelspec", {}).get("language") or "python")
        blocks = [block for cell in cells for block in _blocks(cell, language)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ExtractionError("damaged", messages.DAMAGED) from error
    text = clean("\n\n".join(blocks))
    title = first_heading(text) or PurePosixPath(name.replace("\\", "/")).stem
    return document(kinds.NOTEBOOK, title, [Page(None, text)])


def _blocks(cell: dict[str, Any], language: str) -> list[str]:
    source = _joined(cell.get("source", cell.get("input", ""))).strip("\n")
    kind = cell.get("cell_type")
    if kind == "heading":
        return [f"{'#' * int(cell.get('level', 1))} {source}"]
    if kind != "code":
        return [source] if source.strip() else []
    results = [_result(output) for output in cell.get("outputs", [])]
    code = [fenced(source, language)] if source.strip() else []
    return code + [fenced(text[:_OUTPUT_CHARS], "text") for text in results if text.strip()]


def _result(output: dict[str, Any]) -> str:
    """What a cell printed or returned as text; pictures and widgets have none."""
    if output.get("output_type") in {"error", "pyerr"}:
        return f"{output.get('ename', '')}: {output.get('evalue', '')}"
    data = output.get("data", output)
    found = output.get("text") or data.get("text/markdown") or data.get("text/plain") or ""
    return _COLOURS.sub("", _joined(found)).strip("\n")


def _joined(value: object) -> str:
    return "".join(str(part) for part in value) if isinstance(value, list) else str(value)
