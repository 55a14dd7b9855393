"""BM25 (Robertson and Zaragoza 2009) with the idf of Lucene, and how much a title and headings count."""

import math

K1 = 1.2
B = 0.75
# The body holds title, headings and text; a match in the title or a heading counts again, by this much.
TITLE_BOOST = 0.3
HEADING_BOOST = 0.15


def idf(chunks: int, holding: int) -> float:
    """How much a term says that ``holding`` of ``chunks`` chunks have."""
    return math.log(1 + (max(chunks, holding) - holding + 0.5) / (holding + 0.5))


def saturation(count: int, length: int, average: float) -> float:
    """What ``count`` occurrences in a field of ``length`` terms are worth."""
    return count * (K1 + 1) / (count + K1 * (1 - B + B * length / max(average, 1e-9)))
