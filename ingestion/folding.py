"""Search for people and programs: passages that say the same as a better one are folded into it.

Evaluation and answers use ``finding.find``: there each document counts, and answers drop what they need not
read by themselves.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from ingestion.finding import Found, FoundPassage, find
from ingestion.models import Collection, Document
from ingestion.ranked import Sort
from search.diversity import twins
from search.query_language import Asked
from search.types import Mode

# Where less than this part is left, more passages are asked for, once.
_THIN = 0.7
_DEEPER = 4


def find_distinct(
    query: str | Asked,
    collections: Sequence[Collection],
    *,
    k: int = 10,
    mode: Mode = "hybrid",
    offset: int = 0,
    sort: Sort = "relevance",
    document: Document | None = None,
) -> Found:
    """``finding.find``, of which each passage says something of its own; at most ``k`` passages. Only those
    of one page are compared with each other."""
    ask = partial(find, query, collections, mode=mode, sort=sort, document=document)
    found = ask(k=k, offset=offset)
    passages = folded(found.passages)
    if offset or len(found.passages) < k or len(passages) >= _THIN * k:
        return replace(found, passages=passages)
    deeper = ask(k=_DEEPER * k)
    took_ms = round(found.took_ms + deeper.took_ms, 1)
    return replace(found, passages=folded(deeper.passages)[:k], took_ms=took_ms)


def folded(passages: Sequence[FoundPassage]) -> list[FoundPassage]:
    """``passages``, best first, without those that say the same as a better one, which it names as
    ``similar``."""
    places = twins([passage.text for passage in passages])
    similar: dict[int, list[FoundPassage]] = {}
    for passage, twin in zip(passages, places, strict=True):
        if twin is not None:
            similar.setdefault(twin, []).append(passage)
    return [
        replace(passage, similar=tuple(similar[place])) if place in similar else passage
        for place, passage in enumerate(passages)
        if places[place] is None
    ]
