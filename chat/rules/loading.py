"""The rules that count for an answer, out of the database and ready to work."""

from collections.abc import Callable, Sequence

from chat.connections import release_connections
from chat.rules.applying import Ruled
from chat.rules.selectors import masks_of_all, specs_for
from chat.rules.services import put_slow_aside
from ingestion import selectors as documents
from ingestion.finding import Found
from ingestion.models import Collection
from ingestion.suggesting import better_spelling
from llm.types import Backend


def ruled(collections: Sequence[Collection], language: str = "en", *, follows: bool = False) -> Ruled:
    """For one answer about ``collections``; one query. ``language`` is that of a question without letters.
    ``follows``: earlier turns are sent along, whose personal data may be that of other collections."""
    specs = specs_for(collections, every_mask=follows)
    return Ruled(specs, language=language, respell=respelling(collections), report=_put_aside)


def respelling(collections: Sequence[Collection]) -> Callable[[str], str]:
    """Mends slips in a question by the words of ``collections``; gives "" where there are none."""

    def respell(question: str) -> str:
        try:
            indexes = documents.active_indexes(collections).values()
            nothing = Found([], 0.0, [], index_ids=tuple(index.index_id for index in indexes))
            return better_spelling(question, nothing)
        finally:
            release_connections()

    return respell


def masked(backends: Sequence[Backend]) -> list[Backend]:
    """``backends`` for what is no answer to a person, such as an evaluation, whose passages come from copies
    of collections: every rule that keeps personal data from a model counts, nothing else is done."""
    return Ruled(masks_of_all(), report=_put_aside).outgoing(backends)


def _put_aside(rule: int, pattern: str) -> None:
    try:
        put_slow_aside(rule_id=rule, pattern=pattern)
    finally:
        release_connections()
