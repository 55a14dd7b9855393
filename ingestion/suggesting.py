"""What a question was probably meant to be, by the words of the collections it was asked of."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import nlargest

from ingestion import selectors
from ingestion.finding import Found
from search import analysis, registry
from search.errors import SearchError
from search.spelling import corrected
from search.types import Wanted

log = logging.getLogger(__name__)

# Of how many indexes the dictionaries are looked into for near words, and passages read.
_INDEXES, _READ_FROM = 16, 6
_PASSAGES = 6
# More terms than a question has: near spellings of a word.
_MANY = 64


def better_spelling(query: str, found: Found) -> str:
    """``query`` with its likely slips mended, or "" where there are none to be seen. What is written as an
    operator in it stays as it is, apart from words in quotes.

    Words are suggested that passages of the searched indexes hold. Words that are marked in what was
    ``found`` are known; only for others the indexes are asked.
    """
    lexical = registry.lexical_index()
    # Those that found something first.
    index_ids = list(dict.fromkeys([*(hit.index_id for hit in found.passages), *found.index_ids]))

    def frequencies(terms: Sequence[str]) -> Mapping[str, int]:
        counts: Counter[str] = Counter(dict.fromkeys(terms, 0))
        for index_id in index_ids[:_INDEXES] if len(terms) > _MANY else index_ids:
            counts.update(lexical.document_frequencies(index_id, terms))
        return counts

    def passages(terms: Mapping[str, float]) -> Sequence[str]:
        asked = list(terms)
        holding = [
            index_id
            for index_id in index_ids[:_INDEXES]
            if any(lexical.document_frequencies(index_id, asked).values())
        ]
        hits = [
            hit
            for index_id in holding[:_READ_FROM]
            for hit in lexical.query(index_id, "", _PASSAGES, wanted=Wanted(terms))
        ]
        best = nlargest(_PASSAGES, hits, key=lambda hit: hit.score)
        chunks = selectors.passages_by_id([hit.chunk_id for hit in best])
        return [chunks[hit.chunk_id].text for hit in best if hit.chunk_id in chunks]

    try:
        return corrected(query, frequencies, passages, seen=_seen(found), apart=found.asked.apart)
    except SearchError as error:
        log.warning("no spelling can be suggested: %s", error)
        return ""


def _seen(found: Found) -> set[str]:
    """The terms that are marked in the best passages."""
    marked = {
        passage.text[start:end] for passage in found.passages[:_PASSAGES] for start, end in passage.highlights
    }
    return set(analysis.tokens("\n".join(marked)))
