"""``manage.py ingest PATH… --collection SLUG``"""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.services import command_line_user
from ingestion import services, wake
from ingestion.intake import Taken, take
from ingestion.models import Document, Run
from kb_site.commands import DataCommand, collection_named, finish
from kb_site.services import Running

_WAKE_S = 0.5


class Command(DataCommand):
    help = "Adds files, folders, ZIP and tar archives or BEIR corpora (corpus.jsonl) to a collection."
    exclusive = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--collection", required=True, metavar="SLUG", help="made if it is missing")
        parser.add_argument("--wait", action="store_true", help="until every document is ready or failed")

    def work(self, options: dict[str, Any], running: Running | None) -> dict[str, Any]:
        assert running is not None
        missing = [str(path) for path in options["paths"] if not path.exists()]
        if missing:
            raise CommandError(f"There is no such file or folder: {', '.join(missing)}")
        began = time.monotonic()
        collection = collection_named(options["collection"], make=True)
        by = command_line_user()
        run = services.start_run(collection=collection, kind=Run.Kind.COMMAND, by=by)
        taken = list(_waking(take(options["paths"], collection=collection, by=by, run=run)))
        ids = list(dict.fromkeys(item.added.document.pk for item in taken if item.added))
        wake.parser()
        if options["wait"] or not running.workers:
            finish(ids, running, self)
        seconds = time.monotonic() - began
        rows = _rows(taken)
        chunks = sum(row["chunks"] for row in rows if not row["duplicate_of"])
        return {
            "collection": collection.slug,
            "documents": rows,
            "seconds": round(seconds, 3),
            "chunks_per_second": round(chunks / seconds, 2) if seconds else 0.0,
        }

    def failed(self, result: dict[str, Any]) -> bool:
        return any(row["status"] == "failed" for row in result["documents"])

    def show(self, result: dict[str, Any]) -> None:
        for row in result["documents"]:
            note = row["error"] or (
                "already there"
                if row["duplicate_of"]
                else f"{row['chunks']} passages{', updated' if row.get('updated') else ''}"
            )
            self.stdout.write(f"{row['status']:<11}{row['name']}  {note}")
        self.stdout.write(f"{result['chunks_per_second']} passages a second, {result['seconds']} s")


def _waking(taken: Iterable[Taken]) -> Iterator[Taken]:
    """Passes on what is taken in, and wakes a worker now and then: the first is read while others come."""
    last = 0.0
    for item in taken:
        if time.monotonic() - last > _WAKE_S:
            wake.parser()
            last = time.monotonic()
        yield item


def _rows(taken: list[Taken]) -> list[dict[str, Any]]:
    ids = [item.added.document.pk for item in taken if item.added]
    now: dict[object, Document] = {}
    for at in range(0, len(ids), 500):
        now |= Document.objects.select_related("successor").in_bulk(ids[at : at + 500])
    rows = []
    for item in taken:
        document = now.get(item.added.document.pk) if item.added else None
        update = document.update if document else None
        rows.append(
            {
                "id": str(document.pk) if document else None,
                "name": item.name,
                "status": (update or document).status if document else "failed",
                "error": item.error or ((update or document).error if document else "") or None,
                "pages": document.pages if document else None,
                "chunks": document.chunk_count if document else 0,
                "duplicate_of": str(document.pk)
                if document and item.added and item.added.is_duplicate
                else None,
            }
            | ({"updated": True} if item.added and item.added.is_update else {})
        )
    return rows
