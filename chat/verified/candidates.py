"""Sources that an editor may tick: those of an answer, and what a search for the question finds.

Each travels through the form as signed text, so that what comes back is what was offered.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing

from chat.events import shown_passage
from ingestion.errors import IngestionError
from ingestion.finding import find
from ingestion.models import Collection
from search.errors import SearchError

_SALT = "chat.verified.source"
_FOUND = 6


@dataclass(frozen=True, slots=True)
class Candidate:
    """``n`` is its number in the answer's text, ``value`` what the form sends. ``is_lost``: its document no
    longer holds its words."""

    n: int
    source: Mapping[str, Any]
    value: str
    is_ticked: bool
    is_lost: bool = False


def offered(
    own: Sequence[Mapping[str, Any]],
    further: Sequence[Mapping[str, Any]],
    question: str,
    collections: Sequence[Collection],
    ticked: Iterable[str] = (),
    lost: Sequence[Mapping[str, Any]] = (),
) -> list[Candidate]:
    """``own`` sources keep their numbers and are ticked; ``further`` ones and those found follow them, each
    passage once. ``ticked`` are values that came back."""
    listed = [dict(each) for each in own]
    seen = {each["chunk_id"] for each in listed}
    n = max((each["n"] for each in listed), default=0)
    for each in [*further, *_found(question, collections)]:
        if each["chunk_id"] not in seen:
            n += 1
            seen.add(each["chunk_id"])
            listed.append(dict(each) | {"n": n})
    again = {_key(each) for each in chosen(ticked)}
    own_keys = {_key(each) for each in own}
    is_bound = bool(again)
    gone = {_key(each) for each in lost}
    return [
        Candidate(
            each["n"],
            each,
            signing.dumps(each, salt=_SALT, compress=True),
            _key(each) in (again if is_bound else own_keys),
            _key(each) in gone,
        )
        for each in listed
    ]


def chosen(values: Iterable[str]) -> list[dict[str, Any]]:
    """The sources that came back; what was not offered is left out."""
    found: list[dict[str, Any]] = []
    for value in values:
        try:
            found.append(signing.loads(value, salt=_SALT))
        except signing.BadSignature:
            continue
    return found


def _key(source: Mapping[str, Any]) -> tuple[Any, ...]:
    return source["chunk_id"], source["start"], source["end"]


def _found(question: str, collections: Sequence[Collection]) -> list[dict[str, Any]]:
    if not question.strip() or not collections:
        return []
    try:
        passages = find(question, collections, k=_FOUND).passages
    except (IngestionError, SearchError):
        return []
    return [shown_passage(n, passage) for n, passage in enumerate(passages, 1)]
