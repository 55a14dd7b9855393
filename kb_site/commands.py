"""What the commands of the contract share: ``--json``, services, and waiting for documents."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q, QuerySet
from django.utils.translation import override

from accounts.services import command_line_user
from ingestion import services, wake, working
from ingestion.errors import IngestionError
from ingestion.models import Collection, Document
from kb_site.services import Running, available
from search.errors import SearchError

_REPORT_S = 3.0
IN_WORK = (Document.Status.QUEUED, Document.Status.PROCESSING)


class DataCommand(BaseCommand):
    """Runs ``work`` with the services available; prints its result as text, or as one JSON document.

    Errors that people can act on end with exit status 1 and one sentence on stderr.
    """

    # The start of the site checks it; here that would load every page of it first.
    requires_system_checks = ()
    exclusive = False
    needs_services = True
    needs_broker = False
    left: int | None = None

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print exactly one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with override("en"):
                if self.needs_services:
                    with available(exclusive=self.exclusive, broker=self.needs_broker) as running:
                        result = self.work(options, running)
                else:
                    result = self.work(options, None)
        except (IngestionError, SearchError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
        else:
            self.show(result)
        if self.failed(result):
            sys.exit(1)

    def work(self, options: dict[str, Any], running: Running | None) -> dict[str, Any]:
        raise CommandError("This command does nothing by itself.")

    def show(self, result: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(result, ensure_ascii=False, indent=2))

    def failed(self, result: dict[str, Any]) -> bool:
        """Whether the exit status must say so although the command ran to its end."""
        return False

    def say(self, line: str) -> None:
        self.stderr.write(line)


def collection_named(slug: str, *, make: bool = False) -> Collection:
    """Raises ``CommandError`` where it is missing and may not be made."""
    collection = Collection.objects.filter(slug=slug).first()
    if collection is not None:
        return collection
    if make:
        return services.create_collection(owner=command_line_user(), name=slug, slug=slug)
    known = ", ".join(Collection.objects.filter(is_scratch=False).values_list("slug", flat=True)[:20])
    raise CommandError(
        f"There is no collection “{slug}”. Known: {known or 'none yet, make one with ingest'}."
    )


def finish(ids: Sequence[UUID], running: Running, command: DataCommand) -> None:
    """Returns when none of the documents is in work: waits for the workers, or does their work."""
    if not running.workers:
        working.work_until_done(lambda: _report(ids, command))
        return
    wake.parser()
    while _report(ids, command):
        _wait_for_one(ids)


def _wait_for_one(ids: Sequence[UUID]) -> None:
    """Until one of those in work has ended, or it is time to report again: counting all costs more."""
    until = time.monotonic() + _REPORT_S
    one = next(
        filter(None, (_in_work(some).values_list("pk", flat=True).first() for some in _slices(ids))), None
    )
    while one is not None and time.monotonic() < until:
        time.sleep(0.3)
        if not Document.objects.filter(pk=one, status__in=IN_WORK).exists():
            return


def _in_work(ids: Sequence[UUID]) -> QuerySet[Document]:
    return Document.objects.filter(Q(pk__in=ids) | Q(replaces__in=ids), status__in=IN_WORK).order_by("-turn")


def _slices(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (ids[at : at + 500] for at in range(0, len(ids), 500))


def _report(ids: Sequence[UUID], command: DataCommand) -> int:
    left = sum(_in_work(some).count() for some in _slices(ids))
    if left != command.left:
        command.say(f"{len(ids) - left} of {len(ids)} documents done")
        command.left = left
    return left
