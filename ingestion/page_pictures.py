"""Pictures of a file's pages, drawn by a limited process when first wanted and kept in the data folder.

What a browser gets is always a PNG of ours, never a byte of the file, so nothing in it can run.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

from django.conf import settings

from ingestion import storage
from ingestion.extract import kinds
from ingestion.extract.process import child_environment
from ingestion.extract.sniff import sniff
from ingestion.extract.types import ExtractionError
from ingestion.models import Document

DRAWN = frozenset({kinds.PDF, *kinds.PICTURES})
CACHE_MB = 256
_TIMEOUT_S, _CPU_S, _MEMORY_MB = 60.0, 60, 1024
# More at a time would take the processors from those who search.
_free = threading.BoundedSemaphore(2)


class NotDrawn(Exception):
    """The page is not there, or the file cannot be drawn."""


def kind_of(document: Document) -> str:
    """The type of the original where it can be shown: one of ``DRAWN``, plain text, or ""."""
    mime = document.mime
    if not mime:
        try:
            mime = sniff(storage.path_of(document.sha256), document.name)
        except (ExtractionError, OSError):
            return ""
    return mime if mime in DRAWN or mime == kinds.PLAIN else ""


def page_picture(document: Document, number: int) -> Path:
    """The PNG of page ``number`` (from 1). Raises ``NotDrawn``."""
    folder = _folder(document.sha256)
    path = folder / f"{number}.png"
    if not path.is_file():
        _draw(document, number)
    try:
        os.utime(path)
    except FileNotFoundError as error:
        raise NotDrawn(document.pk, number) from error
    return path


def page_count(document: Document) -> int:
    """How many pages can be drawn. Raises ``NotDrawn`` where the file cannot be opened."""
    note = _folder(document.sha256) / "pages"
    if not note.is_file():
        _draw(document, 1)
    return int(note.read_text())


def _folder(digest: str) -> Path:
    return Path(settings.DATA_DIR) / "cache" / "pages" / digest


def _draw(document: Document, first: int) -> None:
    """Draws page ``first`` and the next ones, and notes how many there are."""
    folder = _folder(document.sha256)
    with _free:
        if (folder / f"{first}.png").is_file():
            return
        folder.mkdir(parents=True, exist_ok=True)
        said = _run(storage.path_of(document.sha256), kind_of(document), first, folder)
        if not said.strip().isdigit():
            raise NotDrawn(document.pk, first)
        (folder / "pages").write_text(said.strip())
        make_room(CACHE_MB * 1024 * 1024)


def _run(path: Path, mime: str, first: int, folder: Path) -> str:
    """What the drawing process prints; "" where it fails or takes too long."""
    words = [str(path.resolve()), mime, str(first), str(folder.resolve()), str(_MEMORY_MB), str(_CPU_S)]
    with subprocess.Popen(
        [sys.executable, "-m", "ingestion.extract.drawing", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd=settings.BASE_DIR,
        env=child_environment(),
        text=True,
    ) as process:
        try:
            said, _ = process.communicate(timeout=_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return ""
    return said if process.returncode == 0 else ""


def make_room(most: int) -> None:
    """Removes the pictures that were unused longest until all take ``most`` bytes at the most."""
    root = Path(settings.DATA_DIR) / "cache" / "pages"
    known = []
    for path in root.glob("*/*.png"):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        known.append((stat.st_mtime, stat.st_size, path))
    total = sum(size for _used, size, _path in known)
    for _used, size, path in sorted(known):
        if total <= most:
            return
        path.unlink(missing_ok=True)
        total -= size


def forget(digest: str) -> None:
    """Removes what was drawn of a file that is gone."""
    shutil.rmtree(_folder(digest), ignore_errors=True)
