"""The bytes of a sitemap: unpacked piece by piece and brought to an encoding that holds ASCII as it is."""

import codecs
import re
import zlib
from collections.abc import Iterator

FILE_BYTES = 50 * 1024 * 1024
_PIECE = 64 * 1024
_GZIP = b"\x1f\x8b\x08"
_LAYERS = 2
_MEMBERS = 1000
_UTF8 = b"\xef\xbb\xbf"
_WIDE = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
# All but the references that every XML has: addresses often hold a bare "&", and with this no entity that
# a file defines is ever looked up.
_BARE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});)")
_OPEN_END = re.compile(rb"&[#0-9A-Za-z]{0,8}\Z")


def unpacked(data: bytes, most: int = FILE_BYTES) -> tuple[Iterator[bytes], bool]:
    """Pieces of the file, at most ``most`` bytes in all, and whether they are certainly UTF-8. A file that
    is cut off or damaged gives what came before."""
    pieces = _limited(_gunzipped(data, _LAYERS), most)
    head = next(pieces, b"")
    while len(head) < 4 and (more := next(pieces, b"")):
        head += more
    for mark, encoding in _WIDE:
        if head.startswith(mark):
            return _recoded(_chained(head, pieces), encoding), True
    return _chained(head.removeprefix(_UTF8), pieces), head.startswith(_UTF8)


def without_entities(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same XML, where each "&" that begins no reference of XML's own is one for itself."""
    held = b""
    for piece in pieces:
        piece = held + piece
        cut = _OPEN_END.search(piece, max(0, len(piece) - 10))
        held = piece[cut.start() :] if cut else b""
        yield _BARE.sub(b"&amp;", piece[: len(piece) - len(held)])
    if held:
        yield _BARE.sub(b"&amp;", held)


def _gunzipped(data: bytes, layers: int) -> Iterator[bytes]:
    if not data.startswith(_GZIP):
        for at in range(0, len(data), _PIECE):
            yield data[at : at + _PIECE]
        return
    pieces = _one_layer(data)
    head = next(pieces, b"")
    if layers > 1 and head.startswith(_GZIP):
        # Packed twice by a careless server; small in its first layer.
        inner = b"".join(_limited(_chained(head, pieces), FILE_BYTES))
        yield from _gunzipped(inner, layers - 1)
        return
    yield from _chained(head, pieces)


def _one_layer(data: bytes) -> Iterator[bytes]:
    """All members of a gzip file, one after the other, up to the first damage."""
    unpacker, members = zlib.decompressobj(wbits=31), 0
    for at in range(0, len(data), _PIECE):
        rest = data[at : at + _PIECE]
        while True:
            try:
                piece = unpacker.decompress(rest, _PIECE)
            except zlib.error:
                return
            if piece:
                yield piece
            rest = unpacker.unconsumed_tail
            if unpacker.eof:
                rest, unpacker, members = unpacker.unused_data, zlib.decompressobj(wbits=31), members + 1
                if members == _MEMBERS:
                    return
            if not rest and len(piece) < _PIECE:
                break


def _limited(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece[:most]
        most -= len(piece)
        if most <= 0:
            return


def _chained(head: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from pieces


def _recoded(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    is_first = True
    for piece in pieces:
        text = decoder.decode(piece)
        yield (text.removeprefix("\ufeff") if is_first else text).encode("utf-8", "replace")
        is_first = False
