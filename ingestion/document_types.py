"""The types of ``search.file_types`` as MIME types, with the names that people see."""

from django.utils.translation import gettext_lazy

from ingestion.extract import kinds

MIMES: dict[str, frozenset[str]] = {
    "pdf": frozenset({kinds.PDF}),
    "word": frozenset({kinds.DOCX, kinds.DOC, kinds.ODT, kinds.RTF}),
    "sheet": frozenset({kinds.XLSX, kinds.XLS, kinds.XLSB, kinds.ODS, kinds.CSV, kinds.TSV}),
    "slides": frozenset({kinds.PPTX, kinds.PPT, kinds.ODP}),
    "web": frozenset({kinds.HTML, kinds.WEB_PAGE, kinds.FEED}),
    "markdown": frozenset({kinds.MARKDOWN, kinds.ASCIIDOC, kinds.RST, kinds.LATEX}),
    "text": frozenset({kinds.PLAIN, kinds.PASSAGE}),
    "mail": frozenset({kinds.EML, kinds.MSG}),
    "image": kinds.PICTURES,
    "code": frozenset({kinds.CODE, kinds.NOTEBOOK}),
    "data": frozenset({kinds.JSON, kinds.JSONL, kinds.XML}),
    "book": frozenset({kinds.EPUB}),
    "subtitles": frozenset({kinds.VTT, kinds.SRT}),
}
NAMES = {
    "pdf": gettext_lazy("PDF"),
    "word": gettext_lazy("Word documents"),
    "sheet": gettext_lazy("Spreadsheets"),
    "slides": gettext_lazy("Slides"),
    "web": gettext_lazy("Web pages"),
    "markdown": gettext_lazy("Markdown"),
    "text": gettext_lazy("Plain text"),
    "mail": gettext_lazy("E-mails"),
    "image": gettext_lazy("Pictures"),
    "code": gettext_lazy("Source code"),
    "data": gettext_lazy("JSON and XML"),
    "book": gettext_lazy("E-books"),
    "subtitles": gettext_lazy("Subtitles"),
}
