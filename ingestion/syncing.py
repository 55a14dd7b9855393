"""Looking at a source and making its collection follow: files that came, changed and went.

A worker claims the source by a lease, as documents are claimed, so that two never scan at once; what a
killed one began, the next goes on with. Each file is settled by itself, so a repeated scan finds most of it
done. Documents are removed only after a scan that saw everything.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, OperationalError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from ingestion import crawling, folders, schedules, stopping, wake
from ingestion.crawl.spool import NO_ROOM, NoRoom
from ingestion.crawl.visiting import Stopped
from ingestion.folders import FolderUnavailable, Scan, State
from ingestion.leases import MAX_ATTEMPTS, ClaimLost, Lease, free, release, take
from ingestion.models import Run, Source, SourceItem
from ingestion.source_files import Files
from ingestion.source_results import Result

log = logging.getLogger(__name__)

Outcome = Source.Outcome
_PAUSE = timedelta(seconds=60)
_WITH = ("collection", "created_by", "folder", "web", "last_run", "every", "crontab")
NOT_ALLOWED = gettext_noop("This folder is not among those that SOURCE_ROOTS allows any more.")
UNAVAILABLE = gettext_noop("The folder cannot be read. Nothing was removed.")
ALL_GONE = gettext_noop(
    "The folder is empty now. Is it mounted? Nothing was removed; if it is meant to be empty, say so below."
)
INCOMPLETE = gettext_noop("Not all of the folder could be read, so nothing was removed.")
TOO_MANY = gettext_noop("The folder holds more files than one source may have. Narrow it down with patterns.")
SOME_FAILED = gettext_noop("Some files could not be taken.")
KEEPS_STOPPING = gettext_noop("The worker stopped each time this source was looked at.")


def due(kind: str) -> QuerySet[Source]:
    """Sources that are to be looked at now and that nobody looks at, the longest waiting first."""
    now = timezone.now()
    return Source.objects.filter(free(now), kind=kind, paused=False, next_at__lte=now).order_by("next_at")


def sync_due(kind: str) -> int:
    """Looks at sources until none is due; returns how many."""
    done = 0
    while not stopping.is_asked() and (source := claim_next(kind)) is not None:
        sync(source)
        done += 1
    return done


def claim_next(kind: str, only: UUID | None = None) -> Source | None:
    """Takes the next one, or ``only`` one; one that stopped its worker ``MAX_ATTEMPTS`` times fails until its
    next turn."""
    while True:
        waiting = due(kind).filter(pk=only) if only else due(kind)
        source = waiting.first()
        if source is None:
            return None
        if source.attempts >= MAX_ATTEMPTS:
            crawling.give_up(source, KEEPS_STOPPING)
            _finish(source, waiting.filter(pk=source.pk).order_by(), Result(Outcome.FAILED, KEEPS_STOPPING))
            continue
        began = source.began_at if source.claim else timezone.now()
        if take(due(kind), source.pk, source.attempts, began_at=began):
            return Source.objects.select_related(*_WITH).get(pk=source.pk)


def sync(source: Source) -> None:
    """Looks at a claimed source."""
    lease = Lease(lambda: _held(source), source.pk)
    try:
        with lease.in_background():
            look = crawling.crawl if source.kind == Source.Kind.WEB else _look
            result = look(source, lease)
    except (ClaimLost, IntegrityError):
        if _held(source).exists():
            raise
        log.info("source %s is no longer ours", source.pk)
    except OperationalError as error:
        log.warning("source %s could not be written (%s); trying again", source.pk, error)
        release(source, _held(source))
    except Stopped:
        log.info("source %s goes on later", source.pk)
        release(source, _held(source))
    except (NoRoom, OSError) as error:
        log.warning("source %s waits: %s", source.pk, error.__cause__ or error)
        _put_off(source)
    else:
        _finish(source, _held(source), result)


def _put_off(source: Source) -> None:
    """The disk is full or cannot be read or written: it goes on a little later, where it was."""
    later = timezone.now() + _PAUSE
    changes = {"next_at": later, "last_outcome": Outcome.FAILED, "last_error": NO_ROOM}
    release(source, _held(source), **changes)


def release_all(kind: str) -> int:
    """Lets others go on at once with what a worker held that is known to be dead."""
    return Source.objects.filter(kind=kind, lease_until__isnull=False).update(lease_until=None)


def _held(source: Source) -> QuerySet[Source]:
    return Source.objects.filter(pk=source.pk, claim=source.claim, paused=False)


def _finish(source: Source, held: QuerySet[Source], result: Result) -> None:
    """Its schedule may be another one by now, and its settings, which are followed at once; a source that was
    deleted meanwhile has nothing to write."""
    now = timezone.now()
    fresh = Source.objects.select_related("every", "crontab", "web").filter(pk=source.pk).first()
    if fresh is None:
        return
    is_outdated = fresh.kind == Source.Kind.WEB and crawling.is_outdated(fresh)
    held.update(
        claim=None,
        lease_until=None,
        attempts=0,
        may_empty=False,
        last_at=now,
        last_outcome=result.outcome,
        last_error=result.error,
        next_at=now if is_outdated else schedules.next_time(fresh, now),
    )


def _look(source: Source, lease: Lease) -> Result:
    if source.folder.root not in settings.SOURCE_ROOTS:
        return Result(Outcome.FAILED, NOT_ALLOWED)
    where = source.folder
    try:
        found = folders.scan(
            where.root, where.path, folders.patterns(where.include), folders.patterns(where.exclude)
        )
    except (FolderUnavailable, OSError) as error:
        log.warning("source %s cannot be read: %s", source.pk, error)
        return Result(Outcome.FAILED, UNAVAILABLE)
    items = {item.path: item for item in source.items.select_related("document")}
    present = {path: item for path, item in items.items() if item.outcome != SourceItem.Outcome.GONE}
    if present and not found.files and not source.may_empty:
        return Result(Outcome.FAILED, ALL_GONE)
    return _settle(source, found, items, present, lease)


def _settle(
    source: Source,
    found: Scan,
    items: Mapping[str, SourceItem],
    present: Mapping[str, SourceItem],
    lease: Lease,
) -> Result:
    """New and changed files first, so that a file that was moved keeps its document; then what is gone."""
    known = {path: State(item.size, item.mtime_ns) for path, item in present.items()}
    changes = folders.difference(found.files, known)
    files = Files(source, _resumed_run(source))
    for path in (*changes.new, *changes.touched):
        lease.keep()
        files.take(path, found.files[path], items.get(path))
        if files.taken and files.taken % 20 == 0:
            wake.parser()
    lease.renew()
    if found.is_complete:
        for path in changes.gone:
            lease.keep()
            files.drop(present[path])
        files.tidy()
    if files.taken:
        wake.parser()
    return _result(found, source.items.filter(outcome=SourceItem.Outcome.FAILED).exists())


def _result(found: Scan, some_failed: bool) -> Result:
    if found.is_cut:
        return Result(Outcome.PROBLEMS, TOO_MANY)
    if found.unread:
        return Result(Outcome.PROBLEMS, INCOMPLETE)
    if some_failed or found.unnamed:
        return Result(Outcome.PROBLEMS, SOME_FAILED)
    return Result(Outcome.OK)


def _resumed_run(source: Source) -> Run | None:
    """The run of a scan that was cut off."""
    run, began = source.last_run, source.began_at
    return run if run is not None and began is not None and run.created_at >= began else None


def folder_of(source: Source) -> Path:
    """Its full path, for people."""
    return Path(source.folder.root) / source.folder.path
