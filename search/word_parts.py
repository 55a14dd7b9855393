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
from search.bm25 import saturation

# Among the best few passages counts matter longer than usual, and length fully.
K1, B = 2.5, 1.0
_SIZE = 4
_MOST_WORDS = 64
_BORDER = ord(" ")
# Between passages: no part reaches over it.
_APART = " " * _SIZE
_ASCII = bytes(code if chr(code).isalnum() else _BORDER for code in range(128))
_SPACED = _ASCII + bytes(range(128, 256))
# Chinese, Japanese, Korean and what else follows them stand beside words without a space.
_DENSE_FROM = 0x2E80
# Parts are told apart by 16 bits: of a question's some fifty, one character in a thousand seems to begin one.
_SPREAD, _SHIFT, _KINDS = np.uint32(0x9E3779B1), np.uint32(16), 1 << 16


def held(question: str, passages: Sequence[str]) -> NDArray[np.float64]:
    """Of each passage, 0 to 1: what it holds as a share of what the best one does. All 0 where the question
    has no such words, or none of their parts is there."""
    parts = _parts(question)
    if not parts or not passages:
        return np.zeros(len(passages))
    counts, lengths = _counted(parts, passages)
    among = (counts > 0).sum(axis=0)
    rarity = np.log(1 + (len(passages) - among + 0.5) / (among + 0.5))
    sums = saturation(counts, (lengths / lengths.mean())[:, None], k1=K1, b=B) @ rarity
    return np.asarray(sums / (sums.max() or 1.0))


def _parts(question: str) -> list[str]:
    """Different ones; those of stop words only where there is nothing else."""
    words = [word for word, is_dense, _start, _end in analysis.runs(question) if not is_dense]
    telling = [word for word in words if word not in stopwords.ENGLISH] or words
    bordered = [f" {word} " for word in telling[:_MOST_WORDS]]
    parts = (word[at : at + _SIZE] for word in bordered for at in range(len(word) - _SIZE + 1))
    return list(dict.fromkeys(parts))


def _counted(parts: Sequence[str], passages: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """How often each passage holds each part, of shape (passages, parts), and how long each is."""
    numbers = np.zeros(_KINDS, dtype=np.uint16)
    numbers[_kinds("".join(parts))[::_SIZE]] = range(1, len(parts) + 1)
    texts = [f" {passage} {_APART}".lower() for passage in passages]
    lengths = np.array([len(text) for text in texts])
    found = numbers.take(_kinds("".join(texts)))
    places = np.flatnonzero(found != 0)
    owners = np.repeat(np.arange(len(texts)), lengths)[places]
    cells = np.bincount(owners * len(parts) + found[places] - 1, minlength=len(texts) * len(parts))
    return cells.reshape(len(texts), len(parts)).astype(np.float64), lengths


def _kinds(text: str) -> NDArray[np.uint16]:
    """Of each four characters of a text in small letters. Of each character one byte is looked at, which
    tells those of one alphabet apart."""
    if text.isascii():
        letters = text.encode().translate(_SPACED)
    else:
        points = np.frombuffer(text.encode("utf-32-le", "replace"), dtype="<u4")
        ascii_only = np.frombuffer(_ASCII, dtype=np.uint8)[points & 127]
        other = np.where(points >= _DENSE_FROM, _BORDER, points & 255).astype(np.uint8)
        letters = np.where(points < 128, ascii_only, other).tobytes()
    windows: NDArray[np.uint32] = np.ndarray((len(letters) - _SIZE + 1,), "<u4", letters, strides=(1,))
    return (windows * _SPREAD >> _SHIFT).astype(np.uint16)
