"""Taking files, folders, archives and BEIR corpora from this machine's disk into a collection."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from accounts.models import User
from ingestion import services
from ingestion.errors import IngestionError
from ingestion.extract.archive import members
from ingestion.extract.types import ExtractionError
from ingestion.models import Collection, Run
from ingestion.services import Added


@dataclass(frozen=True, slots=True)
class Taken:
    """``added`` is ``None`` where ``error`` says why the file was refused."""

    name: str
    added: Added | None
    error: str = ""


def take(paths: list[Path], *, collection: Collection, by: User, run: Run) -> Iterator[Taken]:
    """Queues everything under ``paths``, one result a file; one that is refused stops nothing."""
    for path in paths:
        for name, error, file, external_id in _files(path):
            if file is None:
                yield Taken(name, None, error)
                continue
            try:
                with file:
                    added = services.add_file(
                        collection=collection,
                        file=file,
                        name=name,
                        by=by,
                        run=run,
                        external_id=external_id,
                        announce=False,
                    )
            except IngestionError as refused:
                yield Taken(name, None, str(refused))
            else:
                yield Taken(name, added)


_Entry = tuple[str, str, IO[bytes] | None, str]


def _files(path: Path) -> Iterator[_Entry]:
    """``(name, error, open file or None, external id)``"""
    if path.is_dir():
        for child in sorted(path.rglob("*")):
            if child.is_file() and not any(part.startswith(".") for part in child.relative_to(path).parts):
                yield from _files(child)
    elif path.name == "corpus.jsonl":
        yield from _corpus(path)
    elif path.suffix.lower() == ".zip":
        yield from _archive(path)
    else:
        try:
            yield path.name, "", path.open("rb"), ""
        except OSError as error:
            yield (
                path.name,
                _("The file cannot be opened: %(reason)s.") % {"reason": error.strerror},
                None,
                "",
            )


def _archive(path: Path) -> Iterator[_Entry]:
    try:
        for member in members(path):
            yield member.name, "", member.open(), ""
    except ExtractionError as error:
        yield path.name, str(error), None, ""


def _corpus(path: Path) -> Iterator[_Entry]:
    """BEIR: one JSON object a line, with ``_id``, ``title`` and ``text``."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                identity, text = str(row["_id"]), str(row["text"])
            except (ValueError, KeyError, TypeError):
                yield (
                    f"{path.name}:{number}",
                    _("This line is not a JSON object with _id and text."),
                    None,
                    "",
                )
                continue
            kept = {"_id": identity, "title": str(row.get("title") or ""), "text": text}
            yield identity, "", io.BytesIO(json.dumps(kept, ensure_ascii=False).encode()), identity
