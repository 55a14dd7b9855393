"""Which function reads which kind of file."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from ingestion.extract import beir, documents, html, kinds, messages, plain, slides
from ingestion.extract.sniff import sniff
from ingestion.extract.types import Extracted, ExtractionError

Extractor = Callable[[Path, str], Extracted]

EXTRACTORS: Mapping[str, Extractor] = {
    kinds.PDF: documents.pdf,
    kinds.PPTX: slides.pptx,
    kinds.ODP: slides.odp,
    **{mime: partial(documents.sheets, mime) for mime in (kinds.XLSX, kinds.XLS, kinds.XLSB, kinds.ODS)},
    **{
        mime: partial(documents.flowing, mime)
        for mime in (
            *(kinds.DOCX, kinds.DOC, kinds.PPT, kinds.ODT, kinds.RTF),
            *(kinds.EPUB, kinds.EML, kinds.MSG, kinds.XML),
        )
    },
    kinds.NOTEBOOK: documents.notebook,
    kinds.HTML: html.html,
    kinds.MARKDOWN: plain.markdown,
    kinds.PLAIN: plain.plain,
    kinds.CODE: plain.code,
    kinds.JSON: plain.json_text,
    kinds.CSV: plain.table,
    kinds.TSV: plain.table,
    kinds.PASSAGE: beir.passage,
}

logger = logging.getLogger(__name__)


def extract(path: Path, name: str) -> Extracted:
    """Text of the file at ``path``, which people call ``name``. Runs in the calling process.

    Raises ``ExtractionError`` with one of the codes of ``ingestion.extract.types``.
    """
    mime = sniff(path, name)
    if mime == kinds.ZIP:
        raise ExtractionError("archive", messages.NESTED_ARCHIVE)
    return EXTRACTORS[mime](path, name)
