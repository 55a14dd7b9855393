"""Word 97 to 2003 (.doc): paragraphs, headings and tables from the binary, as described in MS-DOC.

kreuzberg 4.10 joins all paragraphs of a section into one and loses tables.
"""

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from ingestion.extract import kinds, messages
from ingestion.extract.assemble import document, has_words, tidy
from ingestion.extract.documents import first_heading, flowing, title_of_file
from ingestion.extract.plain import markdown_table
from ingestion.extract.types import Extracted, ExtractionError, Page

# Offsets in the file information block, and its versions: before Word 97 there was no piece table.
_FLAGS, _COUNTS, _PAPERS, _PIECES = 0x0A, 0x4C, 0x0102, 0x01A2
_WORD_97 = 0xC1
_PAGE = 512
_ROW_END = b"\x17\x24\x01"  # sprmPFTtp: the paragraph ends a row of a table
_FIELD = re.compile("\x13[^\x13\x14\x15]*(?:\x14([^\x13\x15]*))?\x15")
_OBJECTS = re.compile("[\x01-\x06\x08\x0e-\x12\x1c-\x1f]")
_MALFORMED = (struct.error, IndexError, KeyError, ValueError, OSError, UnicodeDecodeError)


class _Piece(NamedTuple):
    """Characters from ``first`` on lie at ``at``, each ``size`` bytes."""

    first: int
    last: int
    at: int
    size: int


class _Paragraph(NamedTuple):
    """``mark`` is the character that ends it: a line end, or that of a cell."""

    text: str
    mark: str
    style: int
    ends_row: bool


def doc(path: Path, name: str) -> Extracted:
    """What cannot be read in this way, such as Word 6 and 95, goes to kreuzberg."""
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(str(path)) as file:
            main = file.openstream("WordDocument").read()
            flags = struct.unpack_from("<H", main, _FLAGS)[0]
            table = file.openstream("1Table" if flags & 0x200 else "0Table").read()
        if flags & 0x100:
            raise ExtractionError("encrypted", messages.ENCRYPTED)
        if struct.unpack_from("<H", main, 2)[0] < _WORD_97:
            return flowing(kinds.DOC, path, name)
        text = tidy("\n\n".join(_blocks(list(_paragraphs(main, table)))))
    except _MALFORMED:
        return flowing(kinds.DOC, path, name)
    if not has_words(text):
        return flowing(kinds.DOC, path, name)
    return document(kinds.DOC, first_heading(text) or title_of_file(name), [Page(None, text)])


def _pieces(main: bytes, table: bytes) -> list[_Piece]:
    start, size = struct.unpack_from("<II", main, _PIECES)
    at, end = start, start + size
    while at < end and table[at] == 1:
        at += 3 + struct.unpack_from("<H", table, at + 1)[0]
    if table[at] != 2:
        raise ValueError("no piece table")
    count = (struct.unpack_from("<I", table, at + 1)[0] - 4) // 12
    borders = struct.unpack_from(f"<{count + 1}I", table, at + 5)
    pieces = []
    for number, (first, last) in enumerate(pairwise(borders)):
        place = struct.unpack_from("<I", table, at + 5 + 4 * (count + 1) + 8 * number + 2)[0]
        narrow = bool(place & 0x40000000)
        pieces.append(_Piece(first, last, (place & 0x3FFFFFFF) // 2 if narrow else place, 1 if narrow else 2))
    return pieces


def _paragraphs(main: bytes, table: bytes) -> Iterator[_Paragraph]:
    """Those of the text, the footnotes, the endnotes and the text boxes; not of heads and feet."""
    pieces = _pieces(main, table)
    text = "".join(
        main[piece.at : piece.at + (piece.last - piece.first) * piece.size].decode(
            "cp1252" if piece.size == 1 else "utf-16-le", "replace"
        )
        for piece in pieces
    )
    counts = struct.unpack_from("<7I", main, _COUNTS)
    body, notes, heads, _macros, comments, ends, boxes = counts
    after = body + notes + heads + comments
    starts = [piece.first for piece in pieces]
    runs = _runs(main, table)
    begins = [begin for begin, _, _ in runs]
    for first, last in ((0, body + notes), (after, after + ends + boxes)):
        for found in re.finditer("[^\r\x07\x0c]*[\r\x07\x0c]", text[first:last]):
            piece = pieces[bisect_right(starts, first + found.start()) - 1]
            at = piece.at + (first + found.start() - piece.first) * piece.size
            run = runs[bisect_right(begins, at) - 1] if runs else (0, 0, False)
            yield _Paragraph(_plain(found.group()[:-1]), found.group()[-1], run[1], run[2])


def _runs(main: bytes, table: bytes) -> list[tuple[int, int, bool]]:
    """(offset in the main stream, style, ends a row) of each paragraph, ascending."""
    start, size = struct.unpack_from("<II", main, _PAPERS)
    count = (size - 4) // 8
    runs = []
    for (number,) in struct.iter_unpack("<I", table[start + 4 * (count + 1) : start + size]):
        page = main[(number & 0x3FFFFF) * _PAGE : ((number & 0x3FFFFF) + 1) * _PAGE]
        held = page[_PAGE - 1]
        offsets = struct.unpack_from(f"<{held + 1}I", page)
        for at in range(held):
            place = 2 * page[4 * (held + 1) + 13 * at]
            words = page[place]
            begin, length = (place + 1, 2 * words - 1) if words else (place + 2, 2 * page[place + 1])
            properties = page[begin : begin + length] if place else b"\0\0"
            style = struct.unpack_from("<H", properties)[0] if len(properties) > 1 else 0
            runs.append((offsets[at], style, _ROW_END in properties))
    return sorted(runs)


def _plain(text: str) -> str:
    """Without instructions of fields, whose results stay, and without the marks of pictures."""
    previous = ""
    while previous != text:
        previous, text = text, _FIELD.sub(r"\1", text)
    text = _OBJECTS.sub("", text.replace("\x0b", "\n").replace("\x1e", "-"))
    return re.sub("[\x13-\x15]", "", text).strip()


def _blocks(paragraphs: list[_Paragraph]) -> Iterator[str]:
    rows: list[list[str]] = []
    cells: list[str] = []
    cell: list[str] = []
    for at, paragraph in enumerate(paragraphs):
        in_table = bool(cells or cell) or _leads_to_cell(paragraphs, at)
        if paragraph.ends_row:
            rows.append(cells)
            cells, cell = [], []
        elif paragraph.mark == "\x07":
            cells.append(" ".join([*cell, paragraph.text]).strip())
            cell = []
        elif in_table:
            cell.append(paragraph.text)
        else:
            if rows:
                yield markdown_table(rows)
                rows = []
            if paragraph.text:
                yield _written(paragraph)
    if cells or cell:
        rows.append([*cells, " ".join(cell)])
    if rows:
        yield markdown_table(rows)


def _leads_to_cell(paragraphs: list[_Paragraph], at: int) -> bool:
    """Whether this is the first of several paragraphs of a row's first cell."""
    return paragraphs[at].mark == "\x07" and not paragraphs[at].ends_row


def _written(paragraph: _Paragraph) -> str:
    """The first nine styles of every document are those of headings."""
    if 1 <= paragraph.style <= 9 and len(paragraph.text) <= 200:
        return f"{'#' * min(paragraph.style, 6)} {' '.join(paragraph.text.split())}"
    return paragraph.text
