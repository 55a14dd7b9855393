"""What a question was probably meant to be, by the words of the collections it was asked of."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import nlargest

from ingestion import selectors
from search import registry
from search.errors import SearchError
from search.spelling import corrected
from search.types import Wanted

log = logging.getLogger(__name__)

# Of how many indexes the dictionaries are looked into, and passages read.
_INDEXES, _READ_FROM = 24, 6
_PASSAGES = 6


def better_spelling(query: str, index_ids: Sequence[str]) -> str:
    """``query`` with its likely slips mended, or "" where there are none to be seen.

    Words are suggested that passages of these indexes hold: give it only what the person may read.
    """
    asked = index_ids[:_INDEXES]
    lexical = registry.lexical_index()

    def frequencies(terms: Sequence[str]) -> Mapping[str, int]:
        counts: Counter[str] = Counter(dict.fromkeys(terms, 0))
        for index_id in asked:
            counts.update(lexical.document_frequencies(index_id, terms))
        return counts

    def passages(terms: Mapping[str, float]) -> Sequence[str]:
        holding = [index_id for index_id in asked if any(held(index_id, terms).values())]
        found = [
            hit
            for index_id in holding[:_READ_FROM]
            for hit in lexical.query(index_id, "", _PASSAGES, wanted=Wanted(terms))
        ]
        best = nlargest(_PASSAGES, found, key=lambda hit: hit.score)
        chunks = selectors.passages_by_id([hit.chunk_id for hit in best])
        return [chunks[hit.chunk_id].text for hit in best if hit.chunk_id in chunks]

    def held(index_id: str, terms: Mapping[str, float]) -> Mapping[str, int]:
        return lexical.document_frequencies(index_id, list(terms))

    try:
        return corrected(query, frequencies, passages)
    except SearchError as error:
        log.warning("no spelling can be suggested: %s", error)
        return ""
