"""A passage and a question as sparse vectors, whose inner product is BM25.

Milvus' own BM25 function takes a text and no weights of ours, scores one field, and its small brother for
tests knows no analyser that leaves our terms as they are (docs/decisions/017-milvus.md). So the passage's
vector holds what the terms are worth in it, and the question's what they say at all and how much they count.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

from search import analysis
from search.bm25 import HEADING_BOOST, TITLE_BOOST, idf, saturation
from search.types import Chunk

Sparse = dict[int, float]

BOOSTS = (1.0, TITLE_BOOST, HEADING_BOOST)
FIELDS = range(3)  # body (with title and headings in it), title, headings


class Frequencies(NamedTuple):
    """In how many chunks' body, title and headings a term is; or how many terms those have altogether."""

    body: int = 0
    title: int = 0
    heading: int = 0


@dataclass(frozen=True, slots=True)
class Passage:
    """Of a chunk the terms that each field holds, by their keys."""

    chunk: Chunk
    counts: tuple[Counter[int], Counter[int], Counter[int]]

    @classmethod
    def of(cls, chunk: Chunk) -> "Passage":
        title, heading = analysis.tokens(chunk.title), analysis.tokens(chunk.above)
        body = [*title, *heading, *analysis.tokens(chunk.text)]
        return cls(chunk, (_counted(body), _counted(title), _counted(heading)))

    @property
    def lengths(self) -> tuple[int, ...]:
        return tuple(counts.total() for counts in self.counts)

    def vector(self, averages: Sequence[float]) -> Sparse:
        """What each term is worth in each field, where fields have ``averages`` terms."""
        result: Sparse = {}
        for field, counts, length in zip(FIELDS, self.counts, self.lengths, strict=True):
            for key, count in counts.items():
                result[dimension(key, field)] = saturation(count, length / max(averages[field], 1e-9))
        return result


def key_of(term: str) -> int:
    """A number for a term, of 30 bits: of a million terms every thousandth shares its number."""
    return crc32(term.encode("utf-8", "surrogatepass")) >> 2


def dimension(key: int, field: int) -> int:
    return key << 2 | field


def fields_of(vector: Iterable[int]) -> list[set[int]]:
    """The keys of the terms of each field, out of a stored vector's dimensions."""
    result: list[set[int]] = [set() for _field in FIELDS]
    for at in vector:
        result[at & 3].add(at >> 2)
    return result


def question(terms: Mapping[str, float], holding: Mapping[int, Frequencies], chunks: int) -> Sparse:
    """The vector of ``terms`` with their weights, where ``chunks`` chunks are stored.

    A term that is in no title asks for none, which makes the search cheaper.
    """
    result: Sparse = {}
    for term, weight in terms.items():
        key = key_of(term)
        for field, boost, count in zip(FIELDS, BOOSTS, holding.get(key, Frequencies()), strict=True):
            if count:
                at = dimension(key, field)
                result[at] = result.get(at, 0.0) + weight * boost * idf(chunks, count)
    return result


def product(one: Mapping[int, float], other: Mapping[int, float]) -> float:
    return sum(value * other[at] for at, value in one.items() if at in other)


def _counted(terms: Iterable[str]) -> Counter[int]:
    return Counter(map(key_of, terms))
