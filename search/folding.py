"""One spelling for every text: NFKC, lower case, Traditional Chinese written as Simplified.

Positions in the folded text can be traced back to the original, so that a match found in one
can be marked in the other.
"""

import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import opencc
import regex

_HAN = regex.compile(r"\p{Han}")
_SURROGATE = regex.compile(r"[\ud800-\udfff]")
# Invisible characters that split words: soft hyphen, zero-width space, word joiner, byte-order mark.
_INVISIBLE = regex.compile("[\u00ad\u200b\u2060\ufeff]")
_CLUSTER = regex.compile(r"\X")
_local = threading.local()


@dataclass(frozen=True, slots=True)
class Folded:
    """``text`` is the folded text.

    ``starts[i]`` and ``ends[i]`` delimit the piece of the original that became ``text[i]``; both
    are ``None`` when each character came from the one at the same position.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original text of the non-empty folded range ``start:end``."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


class _SingleCharacters(dict[int, int]):
    """Code point to code point for ``str.translate``, filled as characters turn up.

    Characters whose folded form has several letters stay as they are; the slow path takes them.
    """

    def __missing__(self, code: int) -> int:
        folded = unicodedata.normalize("NFKC", chr(code)).lower()
        if len(folded) == 1:
            result = ord(folded)
        elif not any(character.isalnum() for character in folded):
            result = ord(" ")
        else:
            result = code
        self[code] = result
        return result


# Greek final sigma and the Turkish capital dotted I have no lower case of their own length.
_SINGLE = _SingleCharacters({0x03C2: 0x03C3, 0x0130: ord("i")})


def _converter() -> opencc.OpenCC:
    converter: opencc.OpenCC | None = getattr(_local, "converter", None)
    if converter is None:
        converter = _local.converter = opencc.OpenCC("t2s")
    return converter


@lru_cache(maxsize=32_768)
def _simplified_character(character: str) -> str:
    converted: str = _converter().convert(character)
    return converted if len(converted) == 1 else character


def _simplified(text: str) -> str:
    """Simplified Chinese of the same length."""
    if not _HAN.search(text):
        return text
    converted: str = _converter().convert(text)
    if len(converted) == len(text):
        return converted
    return "".join(map(_simplified_character, text))


def fold(text: str) -> Folded:
    """Fold ``text``. Lone surrogates become U+FFFD."""
    if text.isascii():
        return Folded(text.lower())
    text = _SURROGATE.sub("\ufffd", text)
    single = text.translate(_SINGLE)
    if not _INVISIBLE.search(single) and unicodedata.is_normalized("NFKC", single):
        return Folded(_simplified(single))
    return _fold_clusters(single)


def _fold_clusters(text: str) -> Folded:
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _CLUSTER.finditer(text):
        cluster = match.group()
        if not cluster.isascii():
            cluster = unicodedata.normalize("NFKC", _INVISIBLE.sub("", cluster)).lower()
        pieces.append(cluster)
        start, end = match.span()
        starts.extend([start] * len(cluster))
        ends.extend([end] * len(cluster))
    return Folded(_simplified("".join(pieces)), starts, ends)
