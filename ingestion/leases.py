"""Holding a row while it is worked on: a document, or the build of one.

A worker owns a row through ``claim`` and ``lease_until``. Every write checks that the claim still stands,
so that what was cancelled, or taken over after a stall, is never written by its former holder.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection
from django.db.models import F, Model, Q, QuerySet
from django.utils import timezone

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 3
_EVERY_S = 2.0
_BACKGROUND_S = 5.0


class ClaimLost(Exception):
    """The row was cancelled, deleted, or taken over; whoever held it stops."""


class Overtaken(Exception):
    """Another generation took the place of the one that was written to; the work is done again."""


class TookLong(Exception):
    """Others wait, and this document belongs where long ones are read."""


def free(now: datetime | None = None) -> Q:
    """Rows that nobody holds."""
    return Q(lease_until__isnull=True) | Q(lease_until__lt=now or timezone.now())


def take(rows: QuerySet[Any], pk: object, attempts: int, **changes: object) -> uuid.UUID | None:
    """Claims the row where it is still among ``rows``; of two workers only one gets it."""
    token, taken = take_all(rows.filter(pk=pk, attempts=attempts), **changes)
    return token if taken else None


def take_all(rows: QuerySet[Any], **changes: object) -> tuple[uuid.UUID, int]:
    """Claims those that are still among ``rows``: the claim that they share, and how many they are."""
    token = uuid.uuid4()
    until = timezone.now() + LEASE
    taken = rows.order_by().update(claim=token, attempts=F("attempts") + 1, lease_until=until, **changes)
    return token, taken


class Lease:
    """Renews a claim while its work goes on. ``held`` finds the row as long as the claim stands."""

    def __init__(
        self, held: Callable[[], QuerySet[Any]], name: object, limit: Callable[[float], None] | None = None
    ) -> None:
        self._held = held
        self._name = name
        self._limit = limit
        self._began = timezone.now()
        self._next = self._began + timedelta(seconds=_EVERY_S)
        self._noted: dict[str, Any] = {}
        self.on_lost: Callable[[], None] | None = None
        """Called by ``in_background``, in its thread, where the claim no longer stands."""

    @property
    def seconds(self) -> float:
        """How long the row has been held."""
        return (timezone.now() - self._began).total_seconds()

    def note(self, **changes: object) -> None:
        """Fields that the next renewal writes too."""
        self._noted |= changes

    def keep(self) -> None:
        """Call it often. Raises ``ClaimLost``, and what ``limit``, given the seconds so far, raises."""
        now = timezone.now()
        if now >= self._next:
            self.renew()
            self._next = now + timedelta(seconds=_EVERY_S)
            if self._limit is not None:
                self._limit((now - self._began).total_seconds())

    def renew(self) -> None:
        """Extends the lease now. Raises ``ClaimLost`` where the claim no longer stands."""
        noted, self._noted = self._noted, {}
        if not self._held().update(lease_until=timezone.now() + LEASE, **noted):
            raise ClaimLost(self._name)

    @contextmanager
    def in_background(self) -> Iterator[None]:
        """Renews from a second thread while this one is busy with a single long call."""
        done = threading.Event()
        keeper = threading.Thread(target=self._keep_until, args=(done,), name="lease", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()

    def _keep_until(self, done: threading.Event) -> None:
        while not done.wait(_BACKGROUND_S):
            try:
                self.renew()
            except ClaimLost:
                if self.on_lost is not None:
                    self.on_lost()
            except OperationalError as error:
                log.info("%s: the lease is not renewed: %s", self._name, error)
            finally:
                connection.close()


def release(row: Model, held: QuerySet[Any], **changes: object) -> None:
    """Gives a claimed row back without counting the attempt; a database that is away is left to the lease."""
    try:
        held.update(claim=None, lease_until=None, attempts=F("attempts") - 1, **changes)
    except OperationalError as error:
        log.warning("%s stays claimed until its lease ends: %s", row.pk, error)
