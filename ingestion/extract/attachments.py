"""Files within a document: their text becomes pages of it, each file under a heading with its name."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ingestion.extract import archive, kinds
from ingestion.extract.types import Extracted, ExtractionError, Page
from ingestion.headings import Outline

Reader = Callable[[Path, str], Extracted]
_MAX_FILES, _MAX_BYTES = 200, 256 * 1024 * 1024
# Codes that say there is nothing to read, as in a sender's logo: the list of attachments names them.
_SILENT = {"no_text", "empty"}


class Attachment(NamedTuple):
    name: str
    content: bytes


def attached_pages(attachments: Sequence[Attachment], read: Reader) -> list[Page]:
    """Pages whose label is the attachment's name, with the page's number or label where it has several.

    One that cannot be read leaves a sentence that says why; archives are unpacked.
    """
    pages: list[Page] = []
    with tempfile.TemporaryDirectory(prefix="youju-mail-") as folder:
        for item in attachments:
            path = Path(folder) / "attachment"
            path.write_bytes(item.content)
            pages += _pages(path, item.name, read)
    return pages


def _pages(path: Path, name: str, read: Reader) -> Iterator[Page]:
    if not archive.is_archive(path, name):
        yield from _file_pages(path, name, read)
        return
    try:
        for member in archive.members(path, name=name, max_files=_MAX_FILES, max_total_bytes=_MAX_BYTES):
            called = f"{name}/{member.name}"
            if member.error is not None:
                yield _reason(called, member.error)
            else:
                yield from _file_pages(member.path, called, read)
    except ExtractionError as error:
        yield _reason(name, error)


def _file_pages(path: Path, name: str, read: Reader) -> list[Page]:
    try:
        found = read(path, name)
    except ExtractionError as error:
        return [] if error.code in _SILENT else [_reason(name, error)]
    markdown = found.mime not in kinds.AS_WRITTEN
    pages: list[Page] = []
    for page in found.pages:
        place = page.label or (str(page.number) if page.number else "")
        label = f"{name} · {place}" if place and len(found.pages) > 1 else name
        text = _lowered(page.text) if markdown else page.text
        if not pages:
            text = f"# {name}\n\n{text}"
        pages.append(replace(page, number=None, text=text, label=label))
    return pages


def _reason(name: str, error: ExtractionError) -> Page:
    return Page(None, f"# {name}\n\n*{error}*", name)


def _lowered(text: str) -> str:
    """Every heading one level deeper, so that they stand below the attachment's name."""
    parts: list[str] = []
    at = 0
    for start, _ in Outline(text).spans:
        parts += [text[at:start], "#" if not text.startswith("######", start) else ""]
        at = start
    return "".join([*parts, text[at:]])
