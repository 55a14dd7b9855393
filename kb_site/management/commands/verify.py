"""``manage.py verify [--repair]``"""

import time
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ingestion import indexing, wake
from ingestion.models import Removal
from ingestion.verifying import verify
from kb_site.commands import DataCommand
from kb_site.services import Running

_PATIENCE_S = 3600


class Command(DataCommand):
    help = "Compares the indexes with the database; --repair rebuilds what differs."
    exclusive = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--repair", action="store_true")

    def work(self, options: dict[str, Any], running: Running | None) -> dict[str, Any]:
        report = verify(repair=options["repair"])
        if options["repair"]:
            self._finish(running)
        return asdict(report)

    def _finish(self, running: Running | None) -> None:
        if running is None or not running.workers:
            with suppress(indexing.Busy):  # then another process is at it, and waited for
                indexing.index_all()
                return
        deadline = time.monotonic() + _PATIENCE_S
        wake.indexer()
        while Removal.objects.exists() or indexing.waiting().exists():
            if time.monotonic() > deadline:
                raise CommandError("The index worker is still busy; the repair goes on in the background.")
            time.sleep(0.3)

    def failed(self, result: dict[str, Any]) -> bool:
        return not result["repaired"] and bool(result["missing_in_index"] or result["orphans_in_index"])
