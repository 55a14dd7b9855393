"""PDF pages that are pictures: finds them, draws them with pdfium, and has their words recognised."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingestion.extract import messages, reporting
from ingestion.extract.assemble import has_words
from ingestion.extract.ocr import Ocr
from ingestion.extract.types import ExtractionError, OcrMissing, Page

_DOTS_PER_POINT = 150 / 72
_MAX_PIXELS = 16_000_000
# A page with fewer characters than this, all but covered by a picture, is a scan with a stamp on it.
_STAMP_CHARS = 60
_COVERED = 0.7


def with_recognised(path: Path, pages: list[Page], ocr: Ocr) -> list[Page]:
    """The pages of a PDF, with recognised text on those that have no text of their own.

    Without the libraries for it the pages stay as they are. Raises ``OcrMissing`` where none has text.
    """
    candidates = [at for at, page in enumerate(pages) if len(page.text) < _STAMP_CHARS]
    if not candidates:
        return pages
    try:
        return _recognised(path, pages, candidates, ocr)
    except OcrMissing:
        if any(has_words(page.text) for page in pages):
            return pages
        raise


def _recognised(path: Path, pages: list[Page], candidates: list[int], ocr: Ocr) -> list[Page]:
    result = list(pages)
    with _opened(path) as pdf:
        for done, at in enumerate(candidates, len(pages) - len(candidates)):
            reporting.pages_read(done, len(pages))
            number = pages[at].number or at + 1
            if number > len(pdf):
                continue
            page = pdf[number - 1]
            try:
                if _is_picture(page, written=has_words(pages[at].text)):
                    text = ocr.read(_drawn(page))
                    if len(text) > len(pages[at].text):
                        result[at] = replace(pages[at], text=text, ocr=True)
            finally:
                page.close()
    return result


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        import pypdfium2  # type: ignore[import-untyped]
    except ImportError as error:
        raise OcrMissing("no_text", messages.OCR_MISSING) from error
    try:
        pdf = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        raise ExtractionError("damaged", messages.DAMAGED) from error
    try:
        yield pdf
    finally:
        pdf.close()


def _is_picture(page: Any, *, written: bool) -> bool:
    """Whether something is drawn on a page without text, or a picture covers one with hardly any."""
    import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

    if not written:
        return any(True for _ in page.get_objects(max_depth=1))
    width, height = page.get_size()
    for picture in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = picture.get_bounds()
        if (right - left) * (top - bottom) > _COVERED * width * height:
            return True
    return False


def _drawn(page: Any) -> Any:
    """The page as a Pillow picture, 150 dots an inch where that is not too many."""
    width, height = page.get_size()
    scale = min(_DOTS_PER_POINT, (_MAX_PIXELS / max(1.0, width * height)) ** 0.5)
    bitmap = page.render(scale=scale)
    try:
        return bitmap.to_pil().convert("RGB")
    finally:
        bitmap.close()
