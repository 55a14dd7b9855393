"""Taking files, folders, archives and BEIR corpora into a collection, from disk or from an upload."""

import io
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest, sha256
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from ingestion import history, rereading, services, storage, wake
from ingestion.bringing import Brought, bring_all
from ingestion.errors import IngestionError, RefusedFile
from ingestion.extract.archive import HEAD_BYTES, Member, is_archive, may_be_archive, members
from ingestion.extract.types import ExtractionError
from ingestion.models import Collection, Document, Run
from ingestion.services import Added

_BLOCK = 1024 * 1024
_MAX_NAME, _MAX_EXTERNAL = 255, 200
_LINES = 64
# What one archive may hold: less where a person waits for the answer in a browser.
_UPLOAD_FILES, _UPLOAD_BYTES = 2000, 1 << 30
_DISK_FILES, _DISK_BYTES = 50_000, 1 << 34


@dataclass(frozen=True, slots=True)
class Taken:
    """``added`` is ``None`` where ``refused`` says why the file was not taken."""

    name: str
    added: Added | None
    refused: IngestionError | None = None

    @property
    def error(self) -> str:
        return str(self.refused) if self.refused else ""


@dataclass(frozen=True, slots=True)
class _Into:
    """Where files go and who brings them."""

    collection: Collection
    by: User | None
    run: Run

    def add(self, file: "IO[bytes] | File[Any]", name: str, *, external_id: str = "") -> Taken:
        """Queues a file without waking a worker; a name with "/" keeps its folders. Another file of this
        name and ``external_id`` gets the new content (``rereading.bring_stored``)."""
        try:
            added = rereading.bring_stored(
                collection=self.collection,
                stored=storage.store(file),
                name=path_name(name),
                by=self.by,
                run=self.run,
                external_id=external_id[-_MAX_EXTERNAL:],
            )
        except IngestionError as refused:
            return Taken(name, None, refused)
        return Taken(name, added)

    @transaction.atomic
    def add_failed(self, name: str, error: ExtractionError, digest: str) -> Taken:
        """A document for a file that could not be unpacked, so that it is seen among the others with
        its reason. Nothing is stored of it; ``digest`` is that of its archive."""
        document, made = Document.objects.get_or_create(
            collection=self.collection,
            sha256=sha256(f"{digest}/{name}".encode("utf-8", "surrogatepass")).hexdigest(),
            defaults={
                "run": self.run,
                "name": path_name(name),
                "created_by": self.by,
                "status": Document.Status.FAILED,
                "error_code": error.code,
                "error": str(error),
                "finished_at": timezone.now(),
            },
        )
        if made:
            history.record([document.pk], history.Kind.ADDED, by=self.by)
            history.record([document.pk], history.Kind.FAILED, reason=str(error))
        return Taken(name, Added(document, is_duplicate=not made))


def take(paths: list[Path], *, collection: Collection, by: User, run: Run) -> Iterator[Taken]:
    """Queues everything under ``paths``, one result a file; one that is refused stops nothing. Wakes no
    worker."""
    into = _Into(collection, by, run)
    for path in paths:
        yield from _take(path, into, path.name)


def take_upload(
    *, collection: Collection, file: "File[Any]", name: str, by: User | None, run: Run
) -> list[Taken]:
    """Queues a file from a browser or the API and wakes a worker; of an archive, each file in it.

    At least one result. An archive's members that cannot be unpacked become failed documents.
    """
    into = _Into(collection, by, run)
    taken = _unpacked_upload(file, name, into)
    if taken is None:
        taken = [into.add(file, path_name(name))]
    if any(item.added for item in taken):
        wake.parser()
    return taken


def path_name(name: str) -> str:
    """A path made of clean names, 255 characters at most: of a longer one, the last folders."""
    parts = [services.clean_name(part) for part in name.split("/") if part] or [services.clean_name("")]
    while len(parts) > 1 and len("/".join(parts)) > _MAX_NAME:
        parts = parts[1:]
    return "/".join(parts)


def _unpacked_upload(file: "File[Any]", name: str, into: _Into) -> list[Taken] | None:
    """What became of an archive's members; ``None`` where the file is none."""
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if not may_be_archive(head):
        return None
    with _on_disk(file) as path:
        if not is_archive(path, name):
            return None
        taken = list(_take_archive(path, name, into, max_files=_UPLOAD_FILES, max_total_bytes=_UPLOAD_BYTES))
    refused = RefusedFile(_("The archive holds no files. Choose one with content."), code="empty")
    return taken or [Taken(name, None, refused)]


@contextmanager
def _on_disk(file: "File[Any]") -> Iterator[Path]:
    """A path at which the uploaded bytes can be read; the file is rewound after."""
    if isinstance(file, TemporaryUploadedFile):
        yield Path(file.temporary_file_path())
        return
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, prefix="archive-") as copy:
        for block in file.chunks(_BLOCK):
            copy.write(block)
        copy.flush()
        file.seek(0)
        yield Path(copy.name)


def _take(path: Path, into: _Into, name: str) -> Iterator[Taken]:
    """A file under ``name``; those of a folder under their paths in it, hidden ones left out."""
    if path.is_dir():
        for child in sorted(path.rglob("*")):
            inside = child.relative_to(path)
            if child.is_file() and not any(part.startswith(".") for part in inside.parts):
                yield from _take(child, into, inside.as_posix())
        return
    try:
        if path.name == "corpus.jsonl":
            yield from _take_corpus(path, into)
        elif is_archive(path, path.name):
            yield from _take_archive(
                path, path.name, into, max_files=_DISK_FILES, max_total_bytes=_DISK_BYTES
            )
        else:
            with path.open("rb") as file:
                yield into.add(file, name)
    except OSError as error:
        reason = _("The file cannot be opened: %(reason)s.") % {"reason": error.strerror}
        yield Taken(path.name, None, RefusedFile(reason))


def _take_archive(
    path: Path, name: str, into: _Into, *, max_files: int, max_total_bytes: int
) -> Iterator[Taken]:
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    try:
        for member in members(path, name=name, max_files=max_files, max_total_bytes=max_total_bytes):
            yield _take_member(member, into, digest, name)
    except ExtractionError as error:
        yield into.add_failed(services.clean_name(name), error, digest)


def _take_member(member: Member, into: _Into, digest: str, archive: str) -> Taken:
    """Named by its path in the archive, and known again by that and the archive's name."""
    if member.error is not None:
        return into.add_failed(member.name, member.error, digest)
    with member.open() as file:
        return into.add(file, member.name, external_id=f"{archive}/{member.name}")


def _take_corpus(path: Path, into: _Into) -> Iterator[Taken]:
    """BEIR: one JSON object a line, with ``_id``, ``title`` and ``text``. Some lines are taken at once."""
    with path.open(encoding="utf-8") as file:
        lines = ((f"{path.name}:{number}", line) for number, line in enumerate(file, 1) if line.strip())
        while some := list(islice(lines, _LINES)):
            yield from _take_lines(some, into)


def _take_lines(lines: Sequence[tuple[str, str]], into: _Into) -> Iterator[Taken]:
    brought: list[Brought] = []
    refused: list[Taken] = []
    for place, line in lines:
        try:
            brought.append(_line(line))
        except (ValueError, KeyError, TypeError):
            reason = _("This line is not a JSON object with _id and text.")
            refused.append(Taken(place, None, RefusedFile(reason)))
        except IngestionError as error:
            refused.append(Taken(place, None, error))
    yield from refused
    added = bring_all(collection=into.collection, brought=brought, by=into.by, run=into.run)
    for each, result in zip(brought, added, strict=True):
        if isinstance(result, IngestionError):
            yield Taken(each.name, None, result)
        else:
            yield Taken(each.name, result)


def _line(line: str) -> Brought:
    row = json.loads(line)
    identity, text = str(row["_id"]), str(row["text"])
    kept = {"_id": identity, "title": str(row.get("title") or ""), "text": text}
    content = io.BytesIO(json.dumps(kept, ensure_ascii=False).encode())
    name = path_name(services.clean_name(identity))
    return Brought(storage.store(content), name, identity[-_MAX_EXTERNAL:])
