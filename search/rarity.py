"""How rare terms are in the indexes that are searched."""

from collections.abc import Sequence

from search.protocols import LexicalIndex


def frequencies(
    terms: Sequence[str], index_ids: Sequence[str], lexical: LexicalIndex
) -> tuple[dict[str, int], int]:
    """In how many passages of all indexes each term occurs, and how many passages there are. Raises
    ``SearchError`` where an index cannot be asked."""
    frequency = dict.fromkeys(terms, 0)
    total = 0
    for index_id in dict.fromkeys(index_ids):
        total += lexical.count(index_id)
        for term, count in lexical.document_frequencies(index_id, terms).items():
            frequency[term] += count
    return frequency, total
