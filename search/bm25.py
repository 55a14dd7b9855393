"""BM25 (Robertson and Zaragoza 2009) with the idf of Lucene, and how much a title and headings count."""

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

K1 = 1.2
B = 0.75
# The body holds title, headings and text; a match in the title or a heading counts again, by this much.
TITLE_BOOST = 0.3
HEADING_BOOST = 0.15

_Numbers = TypeVar("_Numbers", float, NDArray[np.float64])


def idf(total: int, holding: int) -> float:
    """How much a term says that ``holding`` of ``total`` passages have."""
    return math.log(1 + (max(total - holding, 0) + 0.5) / (holding + 0.5))


def saturation(count: _Numbers, length: _Numbers, *, k1: float = K1, b: float = B) -> _Numbers:
    """What ``count`` occurrences are worth, at most ``k1`` + 1, in a field ``length`` times as long as others
    are."""
    return count * (k1 + 1) / (count + k1 * (1 - b + b * length))
