"""What an extractor returns and how it fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Page:
    """One page, slide or sheet. ``number`` is ``None`` for formats without pages."""

    number: int | None
    text: str
    label: str = ""
    ocr: bool = False


@dataclass(frozen=True, slots=True)
class Extracted:
    """A document's text as Markdown. ``text`` is the pages joined; ``starts[i]`` is the offset of
    ``pages[i]`` in it, in characters, so that ``text[starts[i]:].startswith(pages[i].text)``. ``meta`` is
    what the file says of itself (``ingestion.extract.facts``)."""

    mime: str
    title: str
    language: str
    pages: tuple[Page, ...]
    text: str
    starts: tuple[int, ...]
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """Wall-clock seconds for one file and address space of the child process in MiB.

    With ``ocr``, words on pictures are recognised, and each page of that has ``page_s`` seconds from its
    beginning, however many there are.
    """

    timeout_s: float = 300
    memory_mb: int = 2048
    ocr: bool = False
    page_s: float = 180


class ExtractionError(Exception):
    """``code`` is stable for programs (empty, encrypted, damaged, unsupported, no_text, too_large,
    timeout, memory, crashed, archive, cancelled); the message tells a person what to do."""

    def __init__(self, code: str, message: str, *, permanent: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.permanent = permanent


class OcrMissing(ExtractionError):
    """A page needs words recognised, and the libraries for it are not installed."""
