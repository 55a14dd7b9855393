"""Puts a document together from its pages: cleans the text, finds the offsets, names the language."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ingestion.extract import kinds, messages
from ingestion.extract.language import detect
from ingestion.extract.tables import with_repeated_headers
from ingestion.extract.types import Extracted, ExtractionError, Page

MAX_CHARS = 50_000_000
PAGE_BREAK = "\n\n"

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u00ad\u200b\u2060\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TRAILING = re.compile(r"[ \t\u3000\xa0]+(?=\n|\Z)")
_BLANK_LINES = re.compile(r"\n{4,}")
_VISIBLE = re.compile(r"\w")


def clean(text: str) -> str:
    """Newlines as \\n, no control or zero-width characters, no lone surrogates, no long gaps."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n\n")
    text = _CONTROL.sub("", text)
    text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
    return _BLANK_LINES.sub("\n\n\n", text)


def tidy(text: str) -> str:
    """``clean``, and no white space at line ends or around the text; Markdown's hard breaks go too."""
    return _BLANK_LINES.sub("\n\n\n", _TRAILING.sub("", clean(text))).strip("\n ")


def has_words(text: str) -> bool:
    return _VISIBLE.search(text) is not None


def document(
    mime: str, title: str, pages: Iterable[Page], *, language: str = "", meta: Mapping[str, str] | None = None
) -> Extracted:
    """Joins pages by an empty line. Pages must be clean already (``clean`` or ``tidy``). Long tables get
    their header row again and again.

    Raises ``ExtractionError``: ``no_text`` where no page holds a word, ``too_large`` above
    ``MAX_CHARS`` characters.
    """
    kept = tuple(pages)
    if mime not in kinds.AS_WRITTEN:
        kept = tuple(replace(page, text=with_repeated_headers(page.text)) for page in kept)
    starts: list[int] = []
    parts: list[str] = []
    at = 0
    for page in kept:
        if parts:
            parts.append(PAGE_BREAK)
            at += len(PAGE_BREAK)
        starts.append(at)
        parts.append(page.text)
        at += len(page.text)
    if at > MAX_CHARS:
        raise ExtractionError("too_large", messages.TOO_MUCH_TEXT)
    text = "".join(parts)
    if not has_words(text):
        raise ExtractionError("no_text", messages.NO_TEXT)
    name = " ".join(clean(title).split())[:300]
    return Extracted(mime, name, language or detect(text), kept, text, tuple(starts), meta or {})
