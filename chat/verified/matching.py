"""From a question to the verified answer that it means, among those of the collections searched.

The wordings of a set of collections are kept in memory with their vectors, as long as the database has the
same: for some thousand of them, comparing a question with all is less work than the question's own vector.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db.models import Count, Max

from chat.similarity import TRUSTED
from chat.verified import vectors
from chat.verified.freshness import changes
from chat.verified.languages import language_of
from chat.verified.meaning import ACROSS, SAME_LANGUAGE, content, is_same
from chat.verified.models import VerifiedAnswer, VerifiedQuestion
from ingestion.golden_sets import digest_of
from ingestion.models import Collection

_MOST_KEPT = 32
_LOOKED_AT = 10

_Version = tuple[int, datetime | None]


@dataclass(frozen=True, slots=True)
class Wording:
    answer_id: UUID
    text: str
    digest: str


@dataclass(frozen=True, slots=True)
class Wordings:
    """``matrix`` has a row for each of ``all``; ``contents`` are places by what the wordings are about, in
    order."""

    version: _Version
    all: Sequence[Wording]
    matrix: vectors.Matrix
    contents: dict[tuple[str, ...], list[int]]


_kept: OrderedDict[tuple[UUID, ...], Wordings] = OrderedDict()
_lock = threading.Lock()


def any_in(collections: Sequence[Collection]) -> bool:
    """Whether one of them has a verified answer: all that is paid where none has."""
    return VerifiedAnswer.objects.filter(collections__in=[each.pk for each in collections]).exists()


def match(
    question: str, collections: Sequence[Collection], suits: Callable[[VerifiedAnswer], bool]
) -> tuple[VerifiedAnswer, str] | None:
    """The answer pinned to a question that means the same, with the wording that was met: the nearest in the
    question's language, else the nearest. Those whose sources changed are left out until somebody has
    reviewed them, and those that do not suit. May run the embedding model."""
    wordings = _wordings(collections)
    others: list[tuple[VerifiedAnswer, str]] = []
    for place in _candidates(question, wordings):
        found = wordings.all[place]
        answer = VerifiedAnswer.objects.filter(pk=found.answer_id).first()
        if answer is None or changes([answer]) or not suits(answer):
            continue
        if language_of(answer.text) == language_of(question, like=answer.text):
            return answer, found.text
        others.append((answer, found.text))
    return others[0] if others else None


def _candidates(question: str, wordings: Wordings) -> list[int]:
    """Places of those that ask the same, the nearest first."""
    digest = digest_of(question)
    exact = [place for place, each in enumerate(wordings.all) if each.digest == digest]
    if exact:
        return exact
    rows = wordings.matrix.rows
    asked = vectors.of_question(question, TRUSTED) if rows is not None else None
    if asked is None or rows is None or asked.fingerprint != wordings.matrix.fingerprint:
        alike = wordings.contents.get(content(question), [])
        return [place for place in alike if is_same(question, wordings.all[place].text, None)]
    cosines = rows @ asked.vector
    near = np.argsort(-cosines, kind="stable")[:_LOOKED_AT]
    bound = min(SAME_LANGUAGE, ACROSS)
    return [
        int(place)
        for place in near
        if cosines[place] >= bound and is_same(question, wordings.all[place].text, float(cosines[place]))
    ]


def _wordings(collections: Sequence[Collection]) -> Wordings:
    key = tuple(sorted(each.pk for each in collections))
    version = _version(key)
    with _lock:
        kept = _kept.get(key)
        if kept is not None and kept.version == version:
            _kept.move_to_end(key)
            return kept
    read = _read(key, version)
    if not read.matrix.is_whole:
        return read
    with _lock:
        _kept[key] = read
        _kept.move_to_end(key)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return read


def _version(key: tuple[UUID, ...]) -> _Version:
    told = VerifiedAnswer.objects.filter(collections__in=key).aggregate(
        count=Count("pk", distinct=True), last=Max("updated_at")
    )
    return told["count"], told["last"]


def _read(key: tuple[UUID, ...], version: _Version) -> Wordings:
    """An answer of further collections than those searched is left out."""
    within = VerifiedAnswer.objects.filter(collections__in=key)
    beyond = Collection.objects.exclude(pk__in=key)
    answers = within.exclude(pk__in=within.filter(collections__in=beyond).values("pk"))
    rows = list(VerifiedQuestion.objects.filter(verified__in=answers.values("pk")).order_by("pk"))
    matrix = vectors.of_wordings(rows, TRUSTED)
    contents: dict[tuple[str, ...], list[int]] = {}
    for place, row in enumerate(rows):
        contents.setdefault(content(row.text), []).append(place)
    contents.pop((), None)
    wordings = [Wording(row.verified_id, row.text, digest_of(row.text)) for row in rows]
    return Wordings(version, wordings, matrix, contents)
