"""Whether a text holds the answer that a golden set gives."""

import re
import unicodedata
from collections.abc import Iterable

_DROPPED = re.compile(r"[\W_]+")


def normalised(text: str) -> str:
    """NFKC, lower case, without spaces and punctuation."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", text).lower())


def holds_gold(texts: Iterable[str], golds: Iterable[str]) -> bool:
    """Whether one of ``texts`` holds one of the gold answers."""
    clean = [normalised(text) for text in texts]
    return any(gold and gold in text for gold in map(normalised, golds) for text in clean)
