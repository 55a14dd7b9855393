"""Embeddings without a model: terms hashed into a vector of fixed length.

The hashing trick of Weinberger et al. 2009. It knows words, not meanings; it needs no memory, no
start-up time and no download, which suits tests and very small machines.
"""

import math
from collections import Counter
from collections.abc import Sequence
from zlib import crc32

import numpy as np

from search import analysis
from search.protocols import Vectors


class HashedEmbedder:
    """An ``Embedder`` of ``dimension`` numbers. Equal terms in equal numbers give equal vectors."""

    def __init__(self, dimension: int = 256) -> None:
        if dimension < 2:
            raise ValueError("dimension must be at least 2")
        self._dimension = dimension

    @property
    def fingerprint(self) -> str:
        return f"hashed-{self._dimension}-v1"

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self._dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for term, count in Counter(analysis.tokens(text)).items():
                weight = analysis.SINGLE_WEIGHT if analysis.is_single(term) else 1.0
                code = crc32(term.encode())
                sign = 1 if code & 0x8000_0000 else -1
                row[code % self._dimension] += sign * weight * (1 + math.log(count))
            length = float(np.linalg.norm(row))
            if length > 0:
                row /= length
            else:
                row[0] = 1.0
        return rows

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self.embed(texts)
