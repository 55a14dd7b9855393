"""The file of a mirror: a header, then records of one size, each an id with its document and vector, or an id
that is gone. Of several with one id the last one counts. It is only ever appended to."""

import mmap
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.protocols import Vectors

LONGEST_ID = 64
KEPT, GONE = 1, 2

_MAGIC = b"youju\x00v1"
_HEADER = struct.Struct("<8sII")


class Unfit(Exception):
    """The mirror has to be made anew, or there cannot be one."""


@dataclass(frozen=True, slots=True)
class View:
    """A mirror at one time: ``size`` is that of its whole records in a file that has ``seen`` bytes, and
    ``dead`` are the rows that count no more."""

    inode: int
    seen: int
    size: int
    dimension: int
    ids: NDArray[np.bytes_]
    documents: NDArray[np.bytes_]
    matrix: Vectors
    dead: NDArray[np.int64]
    rows: dict[bytes, int]

    @property
    def known(self) -> set[str]:
        return {key.decode() for key in self.rows}


def header(dimension: int) -> bytes:
    return _HEADER.pack(_MAGIC, dimension, 0)


def write(file: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]
    os.fdatasync(file)


def _layout(dimension: int) -> np.dtype[np.void]:
    """Every part is a whole number of words, so that the sum of all words can be checked."""
    key = f"S{LONGEST_ID}"
    fields = [
        ("sum", "<u4"),
        ("kind", "<u4"),
        ("id", key),
        ("document", key),
        ("vector", "<f4", (dimension,)),
    ]
    return np.dtype(fields)


def records(
    ids: Sequence[str], documents: Sequence[str], vectors: Vectors, kind: int = KEPT
) -> NDArray[np.void]:
    """Vectors of length 1, as a cosine needs them."""
    names, owners = [key.encode() for key in ids], [key.encode() for key in documents]
    if max(map(len, [*names, *owners]), default=0) > LONGEST_ID:
        raise Unfit
    made = np.zeros(len(ids), dtype=_layout(vectors.shape[1]))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    made["kind"], made["id"], made["document"] = kind, names, owners
    made["vector"] = vectors / np.where(lengths > 0, lengths, 1)
    made["sum"] = _sums(made)
    return made


def _sums(of: NDArray[np.void]) -> NDArray[np.uint32]:
    """Never 0 for a record of zeros, which is what a crash may leave."""
    words = np.ascontiguousarray(of).view("<u4").reshape(len(of), of.dtype.itemsize // 4)
    sums: NDArray[np.uint32] = words[:, 1:].sum(axis=1, dtype=np.uint32) + np.uint32(1)
    return sums


def read(path: Path, known: View | None) -> View:
    """The file as it is now; of one that only grew, what is new is read. Raises ``Unfit``, ``OSError``."""
    with open(path, "rb") as file:
        stat = os.fstat(file.fileno())
        start = file.read(_HEADER.size)
        if len(start) < _HEADER.size:
            raise Unfit
        magic, dimension, _reserved = _HEADER.unpack(start)
        if magic != _MAGIC:
            raise Unfit
        layout = _layout(dimension)
        count = (stat.st_size - _HEADER.size) // layout.itemsize
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    stored = np.frombuffer(mapped, dtype=layout, count=count, offset=_HEADER.size)
    before = known if known is not None and known.inode == stat.st_ino and len(known.ids) <= count else None
    rows: dict[bytes, int] = dict(before.rows) if before else {}
    dead: list[int] = before.dead.tolist() if before else []
    first = len(before.ids) if before else 0
    fresh = stored[first:]
    if not (np.array_equal(_sums(fresh), fresh["sum"]) and np.isin(fresh["kind"], (KEPT, GONE)).all()):
        raise Unfit
    for row, (key, kind) in enumerate(zip(fresh["id"].tolist(), fresh["kind"].tolist(), strict=True), first):
        replaced = rows.pop(key, None)
        if replaced is not None:
            dead.append(replaced)
        if kind == KEPT:
            rows[key] = row
        else:
            dead.append(row)
    return View(
        stat.st_ino,
        stat.st_size,
        _HEADER.size + count * layout.itemsize,
        dimension,
        stored["id"],
        stored["document"],
        stored["vector"],
        np.array(dead, dtype=np.int64),
        rows,
    )
