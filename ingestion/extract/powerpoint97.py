"""PowerPoint 97 to 2003 (.ppt): a page per slide, in the order of the show, as described in MS-PPT.

kreuzberg 4.10 gives one text without slides, and the hints of the master with it.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ingestion.extract import kinds, messages
from ingestion.extract.assemble import document, tidy
from ingestion.extract.documents import flowing, title_of_file
from ingestion.extract.types import Extracted, ExtractionError, Page

_DOCUMENT, _SLIDE, _NOTES = 0x03E8, 0x03EE, 0x03F0
_LIST, _PERSIST, _HEADER, _WIDE, _NARROW = 0x0FF0, 0x03F3, 0x0F9F, 0x0FA0, 0x0FA8
_EDIT, _DIRECTORY, _ENCRYPTED = 0x0FF5, 0x1772, 0xF3D1C4DF
_TITLES = {0, 6}
_SLIDES, _NOTES_LIST = 0, 2
_MAX_DEPTH = 16
_MALFORMED = (struct.error, IndexError, KeyError, ValueError, OSError, RecursionError)


class _Record(NamedTuple):
    kind: int
    instance: int
    begin: int
    end: int
    is_container: bool


class _Text(NamedTuple):
    """``kind`` is that of the placeholder, -1 for a free text box."""

    kind: int
    text: str


def ppt(path: Path, name: str) -> Extracted:
    """What cannot be read in this way goes to kreuzberg."""
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(str(path)) as file:
            data = file.openstream("PowerPoint Document").read()
            current = file.openstream("Current User").read()
        if struct.unpack_from("<I", current, 12)[0] == _ENCRYPTED:
            raise ExtractionError("encrypted", messages.ENCRYPTED)
        pages = [page for page in _pages(data, current) if page.text]
    except _MALFORMED:
        return flowing(kinds.PPT, path, name)
    if not pages:
        return flowing(kinds.PPT, path, name)
    return document(kinds.PPT, pages[0].label or title_of_file(name), pages)


def _records(data: bytes, begin: int, end: int) -> Iterator[_Record]:
    while begin + 8 <= end:
        head, kind, size = struct.unpack_from("<HHI", data, begin)
        stop = min(begin + 8 + size, end)
        yield _Record(kind, head >> 4, begin + 8, stop, head & 0xF == 0xF)
        begin = stop


def _places(data: bytes, current: bytes) -> dict[int, int]:
    """Number of a persistent object → its offset; of several edits the newest counts."""
    places: dict[int, int] = {}
    edit = struct.unpack_from("<I", current, 16)[0]
    seen: set[int] = set()
    while edit and edit not in seen:
        seen.add(edit)
        if struct.unpack_from("<H", data, edit + 2)[0] != _EDIT:
            raise ValueError("no edit")
        before, directory = struct.unpack_from("<II", data, edit + 16)
        size = struct.unpack_from("<I", data, directory + 4)[0]
        at, end = directory + 8, directory + 8 + size
        while at + 4 <= end:
            head = struct.unpack_from("<I", data, at)[0]
            first, count = head & 0xFFFFF, head >> 20
            for number, place in enumerate(struct.unpack_from(f"<{count}I", data, at + 4), first):
                places.setdefault(number, place)
            at += 4 + 4 * count
        edit = before
    return places


def _pages(data: bytes, current: bytes) -> Iterator[Page]:
    places = _places(data, current)
    document_at = next(place for place in places.values() if _kind(data, place) == _DOCUMENT)
    lists = {
        record.instance: _listed(data, record)
        for record in _records(data, document_at + 8, _end(data, document_at))
        if record.kind == _LIST
    }
    notes = {
        _slide_of_notes(data, places[number]): places[number]
        for number, _, _ in lists.get(_NOTES_LIST, [])
        if number in places
    }
    for at, (number, identity, outline) in enumerate(lists.get(_SLIDES, []), 1):
        place = places.get(number)
        drawn = list(_texts(data, place + 8, _end(data, place))) if place is not None else []
        spoken = notes.get(identity)
        said = list(_texts(data, spoken + 8, _end(data, spoken))) if spoken is not None else []
        yield _page(at, [*outline, *drawn], said)


def _kind(data: bytes, place: int) -> int:
    return int(struct.unpack_from("<H", data, place + 2)[0])


def _end(data: bytes, place: int) -> int:
    return min(place + 8 + int(struct.unpack_from("<I", data, place + 4)[0]), len(data))


def _slide_of_notes(data: bytes, place: int) -> int:
    """The identity of the slide that a page of notes belongs to: the first field of its first atom."""
    return int(struct.unpack_from("<I", data, place + 16)[0])


def _listed(data: bytes, record: _Record) -> list[tuple[int, int, list[_Text]]]:
    """(persistent number, identity, texts of placeholders) of each slide of a list."""
    found: list[tuple[int, int, list[_Text]]] = []
    kind = -1
    for item in _records(data, record.begin, record.end):
        if item.kind == _PERSIST:
            number, _flags, _texts, identity = struct.unpack_from("<IIII", data, item.begin)
            found.append((number, identity, []))
        elif item.kind == _HEADER:
            kind = struct.unpack_from("<I", data, item.begin)[0]
        elif item.kind in {_WIDE, _NARROW} and found:
            found[-1][2].append(_Text(kind, _decoded(data, item)))
    return found


def _texts(data: bytes, begin: int, end: int, depth: int = 0) -> Iterator[_Text]:
    kind = -1
    for record in _records(data, begin, end):
        if record.kind == _HEADER:
            kind = struct.unpack_from("<I", data, record.begin)[0]
        elif record.kind in {_WIDE, _NARROW}:
            yield _Text(kind, _decoded(data, record))
        elif (record.is_container or record.kind == 0xF00D) and depth < _MAX_DEPTH:
            yield from _texts(data, record.begin, record.end, depth + 1)


def _decoded(data: bytes, record: _Record) -> str:
    raw = data[record.begin : record.end]
    return raw.decode("utf-16-le" if record.kind == _WIDE else "cp1252", "replace")


def _page(number: int, texts: list[_Text], notes: list[_Text]) -> Page:
    title = ""
    blocks = []
    for kind, text in texts:
        lines = [" ".join(line.split()) for line in text.replace("\x0b", " ").split("\r") if line.strip(" *")]
        if kind in _TITLES and not title and lines:
            title = " ".join(lines)
        elif lines:
            listed = len(lines) > 1 and kind >= 0
            blocks.append("\n".join(f"- {line}" for line in lines) if listed else "\n\n".join(lines))
    spoken = [line for item in notes for line in item.text.split("\r") if line.strip(" *")]
    quoted = ["> " + "\n> ".join(spoken)] if spoken else []
    heading = [f"## {title}"] if title else []
    return Page(number, tidy("\n\n".join([*heading, *blocks, *quoted])), title)
