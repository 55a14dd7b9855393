"""How rare terms are in the indexes that are searched."""

from collections.abc import Sequence
from math import log
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from search.protocols import LexicalIndex

_K1 = 2.5
_Numbers = TypeVar("_Numbers", float, NDArray[np.float64])


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


def idf(total: int, frequency: int) -> float:
    """As in Lucene's BM25, for a term in ``frequency`` of ``total`` passages."""
    return log(1 + (max(total - frequency, 0) + 0.5) / (frequency + 0.5))


def saturated(count: _Numbers, length: _Numbers) -> _Numbers:
    """What BM25 makes of a term that occurs ``count`` times, at most 3.5, in a passage ``length`` times as
    long as the others. Among the best few passages the count matters longer than usual (k1 = 2.5), and length
    fully (b = 1)."""
    return count * (_K1 + 1) / (count + _K1 * length)
