"""Unpacks ZIP archives, one member at a time, without trusting what they say about themselves."""

import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from ingestion.extract import kinds, messages
from ingestion.extract.sniff import sniff
from ingestion.extract.types import ExtractionError

_BLOCK = 1024 * 1024
# Below this a high ratio of compression is harmless and, for logs and tables, usual.
_RATIO_FROM_BYTES = 16 * _BLOCK
_ENCRYPTED_FLAG, _UTF8_FLAG = 0x1, 0x800
_UNWANTED = re.compile(r"(?:^|/)(?:__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._|~\$)")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>:\"|?*\ufffd]")
_NAME_CHARS = 255


class Member(NamedTuple):
    """A file of an archive: its safe relative name, and where it lies unpacked for the moment."""

    name: str
    path: Path

    def open(self) -> IO[bytes]:
        return self.path.open("rb")


@dataclass(slots=True)
class _Budget:
    """What may still be unpacked."""

    files: int
    bytes: int
    ratio: float

    def take_file(self) -> None:
        self.files -= 1
        if self.files < 0:
            raise ExtractionError("too_large", messages.TOO_MANY_MEMBERS)

    def take(self, size: int, unpacked: int, packed: int) -> None:
        self.bytes -= size
        bomb = unpacked > _RATIO_FROM_BYTES and unpacked > self.ratio * max(1, packed)
        if self.bytes < 0 or bomb:
            raise ExtractionError("archive", messages.BOMB)


def members(
    path: Path,
    *,
    max_files: int = 1000,
    max_total_bytes: int = 1 << 30,
    max_ratio: float = 200,
) -> Iterator[Member]:
    """Each file of a ZIP archive. The file at its ``path`` is removed when the next is asked for, so open
    or copy it.

    Names are relative, with "/" between parts, without "..", drive letters or control characters. Links,
    folders, empty files and system litter are left out. An archive in the archive is unpacked too, its
    name becoming a folder; one in that is passed on as it is. Raises ``ExtractionError``: ``encrypted``,
    ``damaged``, ``too_large`` (too many files), ``archive`` (a bomb: more than ``max_total_bytes``
    unpacked, or one member more than ``max_ratio`` times its packed size).
    """
    budget = _Budget(max_files, max_total_bytes, max_ratio)
    with tempfile.TemporaryDirectory(prefix="youju-zip-") as folder:
        yield from _unpack(path, Path(folder), budget, prefix="", depth=1)


def _unpack(path: Path, folder: Path, budget: _Budget, *, prefix: str, depth: int) -> Iterator[Member]:
    with _translated_errors(), zipfile.ZipFile(path) as archive:
        wanted = [(info, _safe_name(info)) for info in archive.infolist() if _is_wanted(info)]
        if any(info.flag_bits & _ENCRYPTED_FLAG for info, _ in wanted):
            raise ExtractionError("encrypted", messages.ENCRYPTED)
        for info, name in wanted:
            if not name:
                continue
            budget.take_file()
            target = folder / f"{depth}.bin"
            _copy(archive, info, target, budget)
            if depth > 0 and _is_zip(target, name):
                inner = folder / f"{depth}.zip"
                target.rename(inner)
                yield from _unpack(inner, folder, budget, prefix=f"{prefix}{name}/", depth=depth - 1)
                inner.unlink(missing_ok=True)
            else:
                yield Member(f"{prefix}{name}", target)
            target.unlink(missing_ok=True)


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise ExtractionError("damaged", messages.DAMAGED) from error


def _is_wanted(info: zipfile.ZipInfo) -> bool:
    mode = info.external_attr >> 16
    if info.is_dir() or (mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG)):
        return False
    return info.file_size > 0 and not _UNWANTED.search(info.filename)


def _safe_name(info: zipfile.ZipInfo) -> str:
    name = _decoded(info).replace("\\", "/")
    parts = [_UNSAFE.sub("_", part).strip(" ") for part in PurePosixPath(name).parts]
    parts = [part for part in parts if part not in ("", ".", "..", "/")]
    if parts and re.fullmatch(r"[A-Za-z]_", parts[0]):
        parts = parts[1:]
    return "/".join(part if len(part) <= _NAME_CHARS else _shortened(part) for part in parts)


def _shortened(part: str) -> str:
    suffix = PurePosixPath(part).suffix[:20]
    return part[: _NAME_CHARS - len(suffix)] + suffix


def _decoded(info: zipfile.ZipInfo) -> str:
    """The member's name; archives made by Windows in China say CP437 and mean GBK."""
    if info.flag_bits & _UTF8_FLAG or info.filename.isascii():
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _copy(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, budget: _Budget) -> None:
    """Unpacks block by block: the sizes in an archive's directory may be lies."""
    unpacked = 0
    with archive.open(info) as source, target.open("wb") as copy:
        while block := source.read(_BLOCK):
            unpacked += len(block)
            budget.take(len(block), unpacked, info.compress_size)
            copy.write(block)


def _is_zip(path: Path, name: str) -> bool:
    try:
        return sniff(path, name) == kinds.ZIP
    except ExtractionError:
        return False
