"""Noting what people read, beside the requests in which they read it.

A request only puts a line into memory. A thread of the web process writes what has come together, every few
seconds, for all people at once. Lines that are lost with their process cost nothing but themselves.
"""

import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import User
from ingestion import selectors
from ingestion.access import Person
from ingestion.models import ReadDocument, Reader, ReadSearch
from ingestion.recommend.visits import seen

log = logging.getLogger(__name__)

MOST_DOCUMENTS, MOST_SEARCHES = 60, 30
DELAY_S = 3.0
_HELD = 5_000


@dataclass(frozen=True, slots=True)
class _Line:
    user_id: int
    at: datetime
    document_id: UUID | None = None
    words: str = ""


@dataclass(slots=True)
class _Lines:
    """Of one person; each document and search once, with its newest time."""

    documents: dict[UUID, datetime] = field(default_factory=dict)
    searches: dict[str, datetime] = field(default_factory=dict)


_lines: deque[_Line] = deque(maxlen=_HELD)
_something = threading.Event()


def opened(user: Person, document_id: UUID) -> None:
    """Somebody opened a document. Visitors are not noted."""
    if isinstance(user, User):
        _lines.append(_Line(user.pk, timezone.now(), document_id=document_id))
        _something.set()


def searched(user: Person, words: str) -> None:
    """Somebody searched and found something. Visitors are not noted."""
    words = " ".join(words.split())[: ReadSearch.WORDS]
    if isinstance(user, User) and words:
        _lines.append(_Line(user.pk, timezone.now(), words=words))
        _something.set()


def start() -> None:
    """The thread of this process that writes."""
    threading.Thread(target=_keep_writing, name="noting", daemon=True).start()


def write_noted() -> None:
    """Writes what has come together, for those who have not switched it off."""
    lines = [_lines.popleft() for _number in range(len(_lines))]
    if not lines:
        return
    people = User.objects.in_bulk({line.user_id for line in lines})
    readers = Reader.objects.in_bulk(list(people))
    wanted = [line for line in lines if line.user_id in people and _is_wanted(line, readers)]
    there = selectors.still_there({line.document_id for line in wanted if line.document_id})
    for user_id, of_user in _by_person(wanted, there).items():
        with transaction.atomic():
            _write(user_id, of_user)


def _keep_writing() -> None:
    while True:
        _something.wait()
        time.sleep(DELAY_S)
        _something.clear()
        try:
            write_noted()
        except DatabaseError as error:
            log.warning("what people read is not noted this time: %s", error)
        except Exception:
            log.exception("what people read is not noted this time")
        finally:
            connection.close()


def _is_wanted(line: _Line, readers: dict[int, Reader]) -> bool:
    reader = readers.get(line.user_id)
    if reader is None:
        return True
    return reader.is_on and (reader.cleared_at is None or line.at > reader.cleared_at)


def _by_person(lines: Iterable[_Line], there: set[str]) -> dict[int, _Lines]:
    people: dict[int, _Lines] = defaultdict(_Lines)
    for line in lines:
        own = people[line.user_id]
        if line.words:
            own.searches[line.words] = line.at
        elif line.document_id is not None and str(line.document_id) in there:
            own.documents[line.document_id] = line.at
    return people


def _write(user_id: int, lines: _Lines) -> None:
    ReadDocument.objects.bulk_create(
        [ReadDocument(user_id=user_id, document_id=pk, noted_at=at) for pk, at in lines.documents.items()],
        update_conflicts=True,
        unique_fields=["user", "document"],
        update_fields=["noted_at"],
    )
    ReadSearch.objects.bulk_create(
        [ReadSearch(user_id=user_id, words=words, noted_at=at) for words, at in lines.searches.items()],
        update_conflicts=True,
        unique_fields=["user", "words"],
        update_fields=["noted_at"],
    )
    for model, most in ((ReadDocument, MOST_DOCUMENTS), (ReadSearch, MOST_SEARCHES)):
        own = model._default_manager.filter(user=user_id)
        old: Sequence[int] = list(own.order_by("-noted_at").values_list("pk", flat=True)[most : most + _HELD])
        if old:
            own.filter(pk__in=old).delete()
    seen(user_id, max([*lines.documents.values(), *lines.searches.values()], default=timezone.now()))
