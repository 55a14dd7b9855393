"""Long PDFs, some pages at a time, so that one can see how far the reading is and memory stays low."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.extract import kinds, reporting
from ingestion.extract.kreuzberg_calls import convert

log = logging.getLogger(__name__)

# A PDF with more pages is cut; each part is of so many.
LONG = 200
_AT_ONCE = 100


@dataclass(slots=True)
class ConvertedPdf:
    """What kreuzberg made of a PDF: its pages as mappings, its Markdown, what it says of itself."""

    pages: list[Any] = field(default_factory=list)
    content: str = ""
    metadata: Any = None


def convert_pdf(path: Path) -> ConvertedPdf:
    """Raises ``ExtractionError``, as ``kreuzberg_calls.convert`` does."""
    with _opened(path) as pdf:
        if pdf is not None and len(pdf) > LONG:
            return _in_parts(pdf)
    result = convert(path, kinds.PDF)
    return ConvertedPdf(list(result.pages or []), result.content, result.metadata)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file in pdfium; ``None`` where pdfium is not there or cannot read it, which says nothing yet."""
    try:
        import pypdfium2  # type: ignore[import-untyped]
    except ImportError:
        yield None
        return
    try:
        pdf = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError:
        yield None
        return
    try:
        yield pdf
    finally:
        pdf.close()


def _in_parts(pdf: Any) -> ConvertedPdf:
    whole = ConvertedPdf(metadata=_metadata(pdf))
    written: list[str] = []
    for first in range(0, len(pdf), _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, len(pdf)))
        result = convert(_part(pdf, numbers), kinds.PDF)
        for page in result.pages or []:
            whole.pages.append(
                {
                    "page_number": first + int(page["page_number"]),
                    "content": page["content"],
                    "tables": page["tables"],
                }
            )
        written.append(result.content)
        reporting.pages_read(numbers.stop, len(pdf))
    whole.content = "\n\n".join(written)
    return whole


def _part(pdf: Any, numbers: range) -> bytes:
    import pypdfium2

    part = pypdfium2.PdfDocument.new()
    try:
        part.import_pages(pdf, list(numbers))
        out = io.BytesIO()
        part.save(out)
        return out.getvalue()
    finally:
        part.close()


def _metadata(pdf: Any) -> dict[str, object]:
    """As kreuzberg names it."""
    said = pdf.get_metadata_dict(skip_empty=True)
    names = {"title": "Title", "subject": "Subject", "keywords": "Keywords", "producer": "Producer"}
    found: dict[str, object] = {ours: said.get(theirs) for ours, theirs in names.items()}
    found["authors"] = [said["Author"]] if said.get("Author") else []
    return found | {
        "created_at": _time(said.get("CreationDate", "")),
        "modified_at": _time(said.get("ModDate", "")),
    }


def _time(text: str) -> str:
    """A PDF's time, such as D:20240131120000+01'00', as ISO 8601 to the second."""
    digits = text.removeprefix("D:")
    if len(digits) < 8 or not digits[:8].isdigit():
        return ""
    day = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"
    return f"{day}T{digits[8:10]}:{digits[10:12]}:{digits[12:14]}" if digits[8:14].isdigit() else day
