"""How much of the letters of a question's words a passage holds: a word that is joined, ended or spelt
differently there still has most of its parts.

A part is four characters in a row, a word's borders included. Their counts are weighed as in BM25, with a
part as rare as it is among the passages that are compared, so that no index has to keep any. Scripts without
spaces have no parts.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from search import analysis, stopwords
from search.rarity import saturated

_SIZE = 4
_MOST_WORDS = 64
_BORDER = ord(" ")
# Between passages, and in no part.
_END = "\0" * _SIZE
_ASCII = bytes(code if chr(code).isalnum() or not code else _BORDER for code in range(128))
_SPACED = _ASCII + bytes(range(128, 256))
# Chinese, Japanese, Korean and what else follows them stand beside words without a space.
_DENSE_FROM = 0x2E80
# Few windows of a passage are parts of the question; one bit for each value of 16 bits rules the others out.
_SPREAD, _SHIFT, _SLOTS = np.uint32(0x9E3779B1), np.uint32(16), 1 << 16

_Windows = NDArray[np.uint32]


def held(question: str, passages: Sequence[str]) -> NDArray[np.float64]:
    """Of each passage, 0 to 1: what it holds as a share of what the best one does. All 0 where the question
    has no such words, or none of their parts is there."""
    parts = _parts(question)
    if not len(parts) or not passages:
        return np.zeros(len(passages))
    counts, lengths = _counted(parts, passages)
    among = (counts > 0).sum(axis=0)
    rarity = np.log(1 + (len(passages) - among + 0.5) / (among + 0.5))
    sums = saturated(counts, (lengths / lengths.mean())[:, None]) @ rarity
    return np.asarray(sums / (sums.max() or 1.0))


def _parts(question: str) -> _Windows:
    """Different ones, in the order of their values; those of stop words only where there is nothing else."""
    words = [word for word, is_dense, _start, _end in analysis.runs(question) if not is_dense]
    telling = [word for word in words if word not in stopwords.ENGLISH] or words
    windows = [_windows(f" {word} ") for word in dict.fromkeys(telling[:_MOST_WORDS])]
    return np.unique(np.concatenate(windows)) if windows else np.zeros(0, dtype=np.uint32)


def _counted(parts: _Windows, passages: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """How often each passage holds each part, of shape (passages, parts), and how long each is."""
    texts = [f" {passage.lower()} {_END}" for passage in passages]
    lengths = np.array([len(text) for text in texts])
    windows = _windows("".join(texts))
    known = np.zeros(_SLOTS, dtype=bool)
    known[parts * _SPREAD >> _SHIFT] = True
    places = np.flatnonzero(known[windows * _SPREAD >> _SHIFT])
    found = windows[places]
    which = np.minimum(np.searchsorted(parts, found), len(parts) - 1)
    is_part = parts[which] == found
    owners = np.searchsorted(np.cumsum(lengths), places[is_part], side="right")
    cells = np.bincount(owners * len(parts) + which[is_part], minlength=len(passages) * len(parts))
    return cells.reshape(len(passages), len(parts)).astype(np.float64), lengths


def _windows(text: str) -> _Windows:
    """Each four characters of a text in small letters as one number. Of each character one byte is kept,
    which tells those of one alphabet apart."""
    if text.isascii():
        letters = text.encode().translate(_SPACED)
    else:
        points = np.frombuffer(text.encode("utf-32-le", "replace"), dtype="<u4")
        ascii_only = np.frombuffer(_ASCII, dtype=np.uint8)[points & 127]
        other = np.where(points >= _DENSE_FROM, _BORDER, points & 255).astype(np.uint8)
        letters = np.where(points < 128, ascii_only, other).tobytes()
    return np.ndarray((max(0, len(letters) - _SIZE + 1),), "<u4", letters, strides=(1,))
