"""Unpacks archives, one member at a time, without trusting what they say about themselves."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from ingestion.extract import kinds, messages
from ingestion.extract.archive_entries import BROKEN, ENTRIES, Entry
from ingestion.extract.sniff import sniff
from ingestion.extract.types import ExtractionError

_BLOCK = 1024 * 1024
# Below this a high ratio of compression is harmless and, for logs and tables, usual.
_RATIO_FROM_BYTES = 16 * _BLOCK
_UNWANTED = re.compile(r"(?:^|/)(?:__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._|~\$)")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>:\"|?*\ufffd]")
_NAME_CHARS = 255


class Member(NamedTuple):
    """A file of an archive: its safe relative name, and where it lies unpacked for the moment.

    ``error`` says why this one could not be unpacked; nothing lies at ``path`` then.
    """

    name: str
    path: Path
    error: ExtractionError | None = None

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


HEAD_BYTES = 262


def may_be_archive(head: bytes) -> bool:
    """Whether a file with these first ``HEAD_BYTES`` bytes is worth asking ``is_archive``."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06")) or bool(kinds.packed_kind(head))


def is_archive(path: Path, name: str) -> bool:
    """Whether ``members`` unpacks the file at ``path``; its content decides. A .docx is no archive."""
    with path.open("rb") as file:
        if not may_be_archive(file.read(HEAD_BYTES)):
            return False
    try:
        return sniff(path, name) in ENTRIES
    except ExtractionError:
        return False


def members(
    path: Path,
    *,
    name: str = "",
    max_files: int = 1000,
    max_total_bytes: int = 1 << 30,
    max_ratio: float = 200,
) -> Iterator[Member]:
    """Each file of a ZIP or tar archive (packed with gzip, bzip2 or xz or not), or the one file in a
    .gz, .bz2 or .xz called ``name``. The file at a member's ``path`` is removed when the next is asked
    for, so open or copy it.

    Names are relative, with "/" between parts, without "..", drive letters or control characters. Links,
    folders, empty files and system litter are left out. An archive in the archive is unpacked too, its
    name becoming a folder; one in that is passed on as it is. A member that is locked or damaged has an
    ``error``, and the others follow. Raises ``ExtractionError`` where nothing more can be had:
    ``encrypted`` (all members), ``damaged``, ``too_large`` (too many files), ``archive`` (a bomb: more than
    ``max_total_bytes`` unpacked, or one member more than ``max_ratio`` times its packed size).
    """
    budget = _Budget(max_files, max_total_bytes, max_ratio)
    with tempfile.TemporaryDirectory(prefix="youju-archive-") as folder:
        yield from _unpack(path, name or path.name, Path(folder), budget, prefix="", depth=1)


def _unpack(
    path: Path, called: str, folder: Path, budget: _Budget, *, prefix: str, depth: int
) -> Iterator[Member]:
    for entry in ENTRIES[sniff(path, called)](path, called):
        name = safe_name(entry.name)
        if not name or _UNWANTED.search(entry.name):
            continue
        budget.take_file()
        target = folder / f"{depth}.bin"
        error = entry.error or _copied(entry, target, budget)
        if error is not None:
            yield Member(f"{prefix}{name}", target, error)
        elif depth > 0 and is_archive(target, name):
            inner = folder / f"{depth}.archive"
            target.rename(inner)
            try:
                yield from _unpack(inner, name, folder, budget, prefix=f"{prefix}{name}/", depth=depth - 1)
            except ExtractionError as broken:
                if broken.code in {"archive", "too_large"}:
                    raise
                yield Member(f"{prefix}{name}", target, broken)
            inner.unlink(missing_ok=True)
        elif target.stat().st_size:
            yield Member(f"{prefix}{name}", target)
        target.unlink(missing_ok=True)


def _copied(entry: Entry, target: Path, budget: _Budget) -> ExtractionError | None:
    """Unpacks block by block: the sizes in an archive's directory may be lies."""
    unpacked = 0
    try:
        with entry.open() as source, target.open("wb") as copy:
            while block := source.read(_BLOCK):
                unpacked += len(block)
                budget.take(len(block), unpacked, entry.packed)
                copy.write(block)
    except (*BROKEN, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of this machine's disk; what bz2 says of bad data has no number
        target.unlink(missing_ok=True)
        broken = ExtractionError("damaged", messages.DAMAGED_MEMBER)
        broken.__cause__ = error
        return broken
    return None


def safe_name(name: str) -> str:
    """A relative path without anything that leads out of a folder or that a file system refuses."""
    parts = [_UNSAFE.sub("_", part).strip(" ") for part in PurePosixPath(name.replace("\\", "/")).parts]
    parts = [part for part in parts if part not in ("", ".", "..", "/")]
    if parts and re.fullmatch(r"[A-Za-z]_", parts[0]):
        parts = parts[1:]
    return "/".join(part if len(part) <= _NAME_CHARS else _shortened(part) for part in parts)


def _shortened(part: str) -> str:
    suffix = PurePosixPath(part).suffix[:20]
    return part[: _NAME_CHARS - len(suffix)] + suffix
