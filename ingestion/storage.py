"""Original files on disk, named by the SHA-256 of their bytes.

A file is streamed to a temporary name, flushed, and renamed into place: after a crash it is either
there whole or not at all.
"""

import errno
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files import File
from django.utils.translation import gettext as _

from ingestion.errors import RefusedFile

_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    sha256: str
    size: int


def path_of(digest: str) -> Path:
    """Where the bytes with this SHA-256 (64 hex digits) lie."""
    return Path(settings.FILES_DIR) / digest[:2] / digest


def store(file: "IO[bytes] | File[Any]") -> Stored:
    """Streams ``file`` to disk in blocks of 1 MiB.

    Raises ``RefusedFile`` for an empty file, one over ``MAX_UPLOAD_MB``, or a full disk; nothing of
    it is kept then.
    """
    limit = settings.MAX_UPLOAD_MB * _BLOCK
    folder = Path(settings.FILES_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".incoming-", delete=False) as copy:
            kept = Path(copy.name)
            try:
                digest, size = _copy(_blocks(file), copy, limit)
                copy.flush()
                os.fsync(copy.fileno())
            except BaseException:
                kept.unlink(missing_ok=True)
                raise
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise RefusedFile(
                _("The disk is full: free some space and upload the file again."), code="disk_full"
            ) from error
        raise
    target = path_of(digest)
    target.parent.mkdir(exist_ok=True)
    kept.replace(target)
    return Stored(digest, size)


def digest_of(file: IO[bytes]) -> str:
    """The SHA-256 of what is left to read, in 64 hex digits."""
    hasher = sha256()
    for block in _blocks(file):
        hasher.update(block)
    return hasher.hexdigest()


def discard(digest: str) -> None:
    """Removes the bytes; it is fine if they are gone already."""
    path_of(digest).unlink(missing_ok=True)


def _blocks(file: "IO[bytes] | File[Any]") -> Iterator[bytes]:
    if isinstance(file, File):
        yield from file.chunks(_BLOCK)
        return
    while block := file.read(_BLOCK):
        yield block


def _copy(blocks: Iterator[bytes], target: IO[bytes], limit: int) -> tuple[str, int]:
    hasher, size = sha256(), 0
    for block in blocks:
        size += len(block)
        if size > limit:
            raise RefusedFile(
                _("The file is larger than %(limit)d MB. Split it, or raise MAX_UPLOAD_MB.")
                % {"limit": settings.MAX_UPLOAD_MB},
                code="too_large",
            )
        hasher.update(block)
        target.write(block)
    if not size:
        raise RefusedFile(_("The file is empty. Choose one with content."), code="empty")
    return hasher.hexdigest(), size
