"""Lists the files of ZIP, tar and single packed files in one form."""

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from ingestion.extract import kinds, messages
from ingestion.extract.types import ExtractionError

BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
    EOFError,
    NotImplementedError,
    ValueError,
    KeyError,
)
_ENCRYPTED_FLAG, _UTF8_FLAG = 0x1, 0x800


class Entry(NamedTuple):
    """``name`` is as the archive gives it, ``packed`` the bytes it takes there; ``open`` raises one of
    ``BROKEN``."""

    name: str
    packed: int
    open: Callable[[], IO[bytes]]
    error: ExtractionError | None = None


def _zip_entries(path: Path, _: str) -> Iterator[Entry]:
    with _translated_errors(), zipfile.ZipFile(path) as archive:
        wanted = [info for info in archive.infolist() if _is_file(info)]
        locked = [info for info in wanted if info.flag_bits & _ENCRYPTED_FLAG]
        if wanted and len(locked) == len(wanted):
            raise ExtractionError("encrypted", messages.ENCRYPTED)
        for info in wanted:
            refused = info in locked and ExtractionError("encrypted", messages.ENCRYPTED_MEMBER)
            yield Entry(_decoded(info), info.compress_size, partial(archive.open, info), refused or None)


def _is_file(info: zipfile.ZipInfo) -> bool:
    mode = info.external_attr >> 16
    if info.is_dir() or (mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG)):
        return False
    return info.file_size > 0


def _decoded(info: zipfile.ZipInfo) -> str:
    """The member's name; archives made by Windows in China say CP437 and mean GBK."""
    if info.flag_bits & _UTF8_FLAG or info.filename.isascii():
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    return _in_some_encoding(raw) or info.filename


def _in_some_encoding(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""


def _tar_entries(path: Path, _: str) -> Iterator[Entry]:
    """Of a packed tar only the whole can be compared with what it unpacks to."""
    size = path.stat().st_size
    with _translated_errors(), tarfile.open(path, "r:*") as archive:
        for info in archive:
            if info.isreg() and info.size:
                raw = info.name.encode("utf-8", "surrogateescape")
                yield Entry(_in_some_encoding(raw) or info.name, size, partial(_tar_member, archive, info))


def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(info)
    if file is None:
        raise ValueError("not a regular file")
    return file


def _packed_entries(opener: Callable[[Path], IO[bytes]], path: Path, called: str) -> Iterator[Entry]:
    """A tar where there is one inside, else the packed file itself."""
    try:
        with tarfile.open(path, "r:*"):
            pass
    except BROKEN:
        name = PurePosixPath(called.replace("\\", "/"))
        stem = name.stem if name.suffix.lower() in {".gz", ".bz2", ".xz"} else name.name
        yield Entry(stem, path.stat().st_size, partial(opener, path))
    else:
        yield from _tar_entries(path, called)


def _open_gzip(path: Path) -> IO[bytes]:
    return gzip.open(path)  # type: ignore[return-value]


def _open_bzip2(path: Path) -> IO[bytes]:
    return bz2.open(path)


def _open_xz(path: Path) -> IO[bytes]:
    return lzma.open(path)


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except (*BROKEN, OSError) as error:
        raise ExtractionError("damaged", messages.DAMAGED) from error


ENTRIES: Mapping[str, Callable[[Path, str], Iterator[Entry]]] = {
    kinds.ZIP: _zip_entries,
    kinds.TAR: _tar_entries,
    kinds.GZIP: partial(_packed_entries, _open_gzip),
    kinds.BZIP2: partial(_packed_entries, _open_bzip2),
    kinds.XZ: partial(_packed_entries, _open_xz),
}
