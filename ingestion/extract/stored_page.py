"""The text of a web page as a crawl read it, stored as a document's file.

It holds no address and no date, so that the same text is the same file wherever and whenever it was found.
"""

import json
from pathlib import Path

from ingestion.extract import kinds
from ingestion.extract.assemble import document, tidy
from ingestion.extract.types import Extracted, Page

BEGINNING = b'{"youju_page": 1,'


def page_bytes(*, title: str, language: str, text: str) -> bytes:
    """The file for a page whose main content is ``text``, in Markdown."""
    said = {"youju_page": 1, "title": title, "language": language, "text": text}
    return json.dumps(said, ensure_ascii=False, indent=None).encode("utf-8", "replace")


def page_text(data: bytes) -> str:
    """The Markdown in a file that ``page_bytes`` made."""
    return str(json.loads(data).get("text", ""))


def stored_page(path: Path, name: str) -> Extracted:
    """What ``page_bytes`` was given. Raises ``ExtractionError`` ``no_text``."""
    said = json.loads(path.read_bytes())
    page = Page(None, tidy(str(said.get("text", ""))))
    return document(
        kinds.WEB_PAGE, str(said.get("title") or name), [page], language=str(said.get("language", ""))
    )
