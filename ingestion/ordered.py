"""The best few passages in their final order, which takes their text (``search.ordering``)."""

import logging
from collections.abc import Collection, Mapping, Sequence

from ingestion.models import Chunk
from search import ordering, ordering_weights, registry
from search.errors import SearchError
from search.ordering import Seen
from search.types import Hit, Signals

log = logging.getLogger(__name__)

Read = tuple[Hit, Chunk]


def ordered(
    query: str,
    found: Sequence[Read],
    index_ids: Sequence[str],
    weights: Mapping[str, float] | None = None,
    widened: Collection[str] = (),
) -> list[Read]:
    """The first ``ordering.LOOKED_AT`` by all that speaks for them, the others behind in the order they came.
    Scores fall from the first to the last; the first keep the signals that decided. ``weights`` are what
    meaning counts, by the ids of those indexes for which that was set; ``widened`` those in which synonyms
    were looked for too."""
    own = weights or {}
    first, rest = found[: ordering.LOOKED_AT], found[ordering.LOOKED_AT :]
    signals = signals_of(query, first, index_ids, widened)
    if not signals:
        return list(found)
    spaced = ordering_weights.spaced(query)
    scored = [
        (hit._replace(score=ordering_weights.score(one, spaced, own.get(hit.index_id)), signals=one), chunk)
        for (hit, chunk), one in zip(first, signals, strict=True)
    ]
    scored.sort(key=lambda item: -item[0].score)
    if not rest:
        return scored
    scale = scored[-1][0].score / max(rest[0][0].score, 1e-9)
    return scored + [(hit._replace(score=hit.score * min(scale, 1.0)), chunk) for hit, chunk in rest]


def signals_of(
    query: str, found: Sequence[Read], index_ids: Sequence[str], widened: Collection[str] = ()
) -> list[Signals]:
    """Of each passage; none where the word index cannot be asked."""
    seen = [
        Seen(chunk.text, context(chunk), hit.meaning, hit.words if hit.index_id in widened else 0.0)
        for hit, chunk in found
    ]
    try:
        return ordering.signals(query, seen, index_ids, registry.lexical_index())
    except SearchError as error:
        log.warning("the best passages stay as they were found: %s", error)
        return []


def context(chunk: Chunk) -> str:
    """What stands above the passage: title, headings, header row."""
    return "\n".join(part for part in (chunk.document.title, chunk.heading, chunk.table) if part)
