"""Whose turn it is: start-time fair queueing (Goyal, Vin and Cheng 1996) over the rows of the database.

There are two lines, documents to read and chunks to index. What enters a line gets a turn: the line's
clock, or the end of what its own flow has there already, whichever is later. The smallest turn is served
next, and moves the clock. So the flows share the line evenly however much each has brought, and one
that comes late begins where the line is now. A flow is a run; in the line of chunks a run's short
documents are one flow and its long ones another, so that they do not wait for each other either.
"""

from collections.abc import Sequence
from itertools import accumulate
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from ingestion.models import Run, Turn

READING, INDEXING = "read", "index"
LONG_CHUNKS = 200
_BYTES_A_TURN = 64 * 1024


def reading_cost(size: int) -> int:
    """How many turns the reading of ``size`` bytes takes."""
    return 1 + size // _BYTES_A_TURN


def reading_turn(run: UUID | None, cost: int) -> int:
    """The turn of a document in the line to be read. Call it in the transaction that writes it."""
    return _enter(READING, run, "read_turn", cost)


def reading_turns(run: UUID | None, costs: Sequence[int]) -> list[int]:
    """The same for several documents, one after the other."""
    start = _enter(READING, run, "read_turn", sum(costs))
    return [start + before for before in accumulate(costs, initial=0)][:-1]


def indexing_turn(run: UUID | None, chunks: int) -> int:
    """The turn of the first of ``chunks`` chunks of one document; those after it count on from there."""
    return indexing_turns(run, [chunks])[0]


def indexing_turns(run: UUID | None, counts: Sequence[int]) -> list[int]:
    """The same for documents of one run, with so many chunks each."""
    turns = [0] * len(counts)
    for field, is_long in (("short_turn", False), ("long_turn", True)):
        places = [place for place, count in enumerate(counts) if (count > LONG_CHUNKS) == is_long]
        if not places:
            continue
        turn = _enter(INDEXING, run, field, sum(counts[place] for place in places))
        for place in places:
            turns[place] = turn
            turn += counts[place]
    return turns


def clock(line: str) -> int:
    return Turn.objects.filter(line=line).values_list("value", flat=True).first() or 0


def served(line: str, turn: int) -> None:
    """Moves the clock on to ``turn``; it never goes back."""
    if not Turn.objects.filter(line=line).update(value=Greatest(F("value"), turn)):
        Turn.objects.get_or_create(line=line, defaults={"value": turn})


def _enter(line: str, run: UUID | None, field: str, cost: int) -> int:
    start = clock(line)
    if run is None:
        return start
    with transaction.atomic():
        row = Run.objects.select_for_update().filter(pk=run).values_list(field, flat=True).first()
        start = max(start, row or 0)
        Run.objects.filter(pk=run).update(**{field: start + cost})
    return start
