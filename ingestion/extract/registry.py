"""Which function reads which kind of file."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from ingestion.extract import (
    beir,
    documents,
    html,
    kinds,
    mail,
    markup,
    messages,
    notebook,
    opendocument,
    pictures,
    plain,
    powerpoint97,
    slides,
    stored_page,
    subtitles,
    word97,
    xml_text,
)
from ingestion.extract.archive_entries import ENTRIES
from ingestion.extract.facts import with_facts
from ingestion.extract.ocr import Ocr
from ingestion.extract.sniff import sniff
from ingestion.extract.types import Extracted, ExtractionError

Extractor = Callable[[Path, str], Extracted]

EXTRACTORS: Mapping[str, Extractor] = {
    kinds.DOC: word97.doc,
    kinds.ODT: opendocument.odt,
    kinds.PPT: powerpoint97.ppt,
    kinds.PPTX: slides.pptx,
    kinds.ODP: slides.odp,
    **{mime: partial(documents.sheets, mime) for mime in (kinds.XLSX, kinds.XLS, kinds.XLSB, kinds.ODS)},
    **{
        mime: partial(documents.flowing, mime)
        for mime in (
            *(kinds.DOCX, kinds.RTF),
            kinds.EPUB,
        )
    },
    kinds.NOTEBOOK: notebook.notebook,
    kinds.XML: xml_text.xml,
    kinds.ASCIIDOC: markup.asciidoc,
    kinds.RST: markup.restructured,
    kinds.LATEX: markup.latex,
    **{mime: partial(subtitles.subtitles, mime) for mime in (kinds.VTT, kinds.SRT)},
    kinds.HTML: html.html,
    kinds.MARKDOWN: plain.markdown,
    kinds.PLAIN: plain.plain,
    kinds.CODE: plain.code,
    kinds.JSON: plain.json_text,
    kinds.JSONL: plain.json_lines,
    **{mime: partial(plain.table, mime) for mime in (kinds.CSV, kinds.TSV)},
    kinds.PASSAGE: beir.passage,
    kinds.WEB_PAGE: stored_page.stored_page,
}

_WITH_PICTURES = {kinds.DOCX, kinds.PPTX, kinds.XLSX, kinds.ODT, kinds.ODP}
# Those that read their attachments by the function given.
MAIL: Mapping[str, Callable[[Path, str, Extractor | None], Extracted]] = {
    kinds.EML: mail.eml,
    kinds.MSG: mail.msg,
}
# Those that may meet words on pictures.
RECOGNISING: Mapping[str, Callable[[Path, str, Ocr | None], Extracted]] = {
    kinds.PDF: documents.pdf,
    **{mime: partial(pictures.picture, mime) for mime in kinds.PICTURES},
}


def extract(path: Path, name: str, ocr: Ocr | None = None, *, attached: bool = True) -> Extracted:
    """Text of the file at ``path``, which people call ``name``. Runs in the calling process. Without
    ``ocr``, pages that are pictures stay without text. Mail brings its attachments where ``attached``.

    Raises ``ExtractionError`` with one of the codes of ``ingestion.extract.types``.
    """
    mime = sniff(path, name)
    if mime in ENTRIES:
        raise ExtractionError("archive", messages.NESTED_ARCHIVE)
    if mime in RECOGNISING:
        return RECOGNISING[mime](path, name, ocr)
    if mime in MAIL:
        read = partial(extract, ocr=ocr, attached=False) if attached else None
        return MAIL[mime](path, name, read)
    try:
        return with_facts(EXTRACTORS[mime](path, name), path)
    except ExtractionError as error:
        if error.code != "no_text" or ocr is None or mime not in _WITH_PICTURES:
            raise
        return pictures.embedded(mime, path, name, ocr)
