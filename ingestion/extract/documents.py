"""PDF, Office, OpenDocument, mail and e-books through kreuzberg, as Markdown with pages."""

import re
from pathlib import Path, PurePosixPath
from typing import Any

from ingestion.extract import kinds, messages
from ingestion.extract.assemble import document, has_words, tidy
from ingestion.extract.facts import from_kreuzberg
from ingestion.extract.kreuzberg_calls import convert
from ingestion.extract.long_pdf import convert_pdf
from ingestion.extract.ocr import Ocr
from ingestion.extract.pdf_text import pdf_pages
from ingestion.extract.scans import with_recognised
from ingestion.extract.types import Extracted, ExtractionError, Page
from ingestion.extract.word_comments import comments

# Code is left as it is: a block between fences, and words between backticks.
_CODE = (
    r"(?P<code>^[ >]*(?P<fence>`{3,})[^`\n]*\n(?:[^\n]*\n)*?[ >]*(?P=fence)[ ]*$"
    r"|(?<!`)(?P<marks>`+)(?!`)[^\n]+?(?<!`)(?P=marks)(?!`))"
)
_ESCAPED = re.compile(_CODE + r"|(?<=\S)\\(?P<kept>[!#<>~+\-.=(){}_&$\"'^%@,:;?/])", re.M)
_ESCAPED_START = re.compile(_CODE + r"|\\(?P<kept>[!<>~=(){}_&$\"'^%@,:;?/])", re.M)
_IMAGE = re.compile(
    _CODE + r"|!\[(?P<kept>(?:[^\[\]\\]|\\.|\[[^\[\]\n]{0,200}\]){0,1000})\]\([^)\n]{0,2000}\)", re.M
)
_TAB = re.compile("&#9;")
_EMPTY_ROW = re.compile(r"^\|(?:[ \t]*\|)+\n", re.M)
_SHEET_HEADING = re.compile(r"^## (.+)$", re.M)


def readable(markdown: str) -> str:
    """kreuzberg's Markdown without needless backslashes and without pictures' paths: their
    descriptions stay as text. Code stays as it is."""
    text = _TAB.sub(" ", markdown).replace("\\![", "![")
    for pattern in (_IMAGE, _ESCAPED_START, _ESCAPED):
        text = pattern.sub(lambda found: found["code"] or found["kept"], text)
    return tidy(text)


def title_of(result: Any, name: str, *, heading: str = "") -> str:
    """The title its author gave the document, else its first heading, else the file's name."""
    given = str(result.metadata.get("title") or "").strip()
    if len(given) >= 3 and not re.search(
        r"(?i)untitled|anonymous|^powerpoint presentation$|^microsoft word|\.(docx?|pdf|indd|qxd)$", given
    ):
        return given
    return heading or title_of_file(name)


def title_of_file(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).stem


def first_heading(text: str) -> str:
    found = re.match(r"\s*#{1,2} +(.+)", text)
    return found.group(1).strip() if found and len(found.group(1)) <= 150 else ""


def pdf(path: Path, name: str, ocr: Ocr | None) -> Extracted:
    """PDF page by page, in reading order; with ``ocr`` the words of scanned pages are recognised."""
    result = convert_pdf(path)
    pages = pdf_pages(result.pages, result.content)
    if ocr is not None:
        pages = with_recognised(path, pages, ocr)
    if not any(has_words(page.text) for page in pages):
        raise ExtractionError("no_text", messages.SCAN_WITHOUT_TEXT if ocr else messages.SCAN)
    return document(kinds.PDF, title_of(result, name), pages, meta=from_kreuzberg(result.metadata))


def sheets(mime: str, path: Path, name: str) -> Extracted:
    """A page per worksheet, each a heading and a table; ``label`` is the sheet's name."""
    result = convert(path, mime)
    names = [str(sheet) for sheet in result.metadata.get("sheet_names") or []]
    text = tidy(_EMPTY_ROW.sub("", readable(result.content)))
    found = list(_SHEET_HEADING.finditer(text))
    cuts = [match for match in found if not names or match.group(1).strip() in names]
    if not cuts:
        return document(mime, title_of(result, name), [Page(1, text)])
    ends = [match.start() for match in cuts[1:]] + [len(text)]
    pages: list[Page] = []
    for match, end in zip(cuts, ends, strict=True):
        label = match.group(1).strip()
        number = names.index(label) + 1 if label in names else len(pages) + 1
        body = text[match.start() : end].strip("\n ")
        if has_words(text[match.end() : end]):
            pages.append(Page(number, body, label))
    return document(mime, title_of(result, name), pages)


def flowing(mime: str, path: Path, name: str) -> Extracted:
    """Formats whose pages exist only on paper (Word, OpenDocument text, RTF, e-books)."""
    result = convert(path, mime)
    text = readable(result.content)
    if mime == kinds.DOCX and (noted := comments(path)):
        text = f"{text}\n\n{tidy(noted)}"
    title = title_of(result, name, heading=first_heading(text))
    return document(mime, title, [Page(None, text)], meta=from_kreuzberg(result.metadata))
