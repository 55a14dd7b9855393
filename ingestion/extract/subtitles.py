"""Subtitles (WebVTT, SubRip): cues joined to paragraphs, a page every two minutes, named by its time."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ingestion.extract import kinds
from ingestion.extract.assemble import clean, document, tidy
from ingestion.extract.decoding import decode
from ingestion.extract.pdf_text import joined_lines
from ingestion.extract.types import Extracted, Page

_TIMES = re.compile(
    r"^\s*(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})\s+-->\s+(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})",
    re.M,
)
_SPEAKER = re.compile(r"<v(?:\.[^\s>]+)?\s+([^>]+)>")
_TAG = re.compile(r"<[^<>\n]{0,80}>|\{\\[^{}\n]{0,40}\}")
_PAGE_SECONDS, _PAUSE_SECONDS = 120, 3.0


class _Cue(NamedTuple):
    begin: float
    end: float
    lines: list[str]


def subtitles(mime: str, path: Path, name: str) -> Extracted:
    text = clean(decode(path.read_bytes()))
    pages: list[Page] = []
    paragraphs: list[list[str]] = []
    began = ended = 0.0
    for cue in _cues(text):
        if paragraphs and cue.begin - began >= _PAGE_SECONDS:
            pages.append(_page(paragraphs, began))
            paragraphs = []
        if not paragraphs:
            began = cue.begin
        said = [line for line in cue.lines if not paragraphs or line not in paragraphs[-1][-3:]]
        named = bool(said) and re.match(r"[-–—]|[^\s:]{1,30}: ", said[0]) is not None
        if not paragraphs or named or cue.begin - ended > _PAUSE_SECONDS:
            paragraphs.append([])
        paragraphs[-1] += said
        ended = cue.end
    if paragraphs:
        pages.append(_page(paragraphs, began))
    stem = PurePosixPath(name.replace("\\", "/")).stem
    return document(mime, stem, pages or [Page(None, text)])


def _page(paragraphs: list[list[str]], began: float) -> Page:
    minutes, seconds = divmod(int(began), 60)
    label = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    return Page(None, tidy("\n\n".join(joined_lines(lines) for lines in paragraphs if lines)), label)


def _cues(text: str) -> Iterator[_Cue]:
    found = list(_TIMES.finditer(text))
    for at, times in enumerate(found):
        end = found[at + 1].start() if at + 1 < len(found) else len(text)
        body = text[text.find("\n", times.end()) + 1 : end] if "\n" in text[times.end() :] else ""
        # An empty line ends a cue; what follows is the next one's number or name.
        block = re.split(r"\n[ \t]*\n", body.lstrip("\n"), maxsplit=1)[0]
        lines = [_TAG.sub("", _SPEAKER.sub(r"\1: ", line)).strip() for line in block.split("\n")]
        yield _Cue(
            _seconds(times.groups()[:4]), _seconds(times.groups()[4:]), [line for line in lines if line]
        )


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds = (int(part or 0) for part in parts[:3])
    return hours * 3600 + minutes * 60 + seconds + float(f"0.{parts[3]}")


def subtitle_kind(head: str) -> str:
    """WebVTT or SubRip by content, "" for other text."""
    if re.match(r"WEBVTT(?:[ \t\n]|$)", head):
        return kinds.VTT
    return kinds.SRT if re.match(r"\s*\d+[ \t]*\n\s*\d{1,2}:\d{2}:\d{2},\d{3}[ \t]+-->", head) else ""
