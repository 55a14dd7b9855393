"""Which passages a back end gets to read: no two that say the same, and no more than it has room for."""

from collections.abc import Callable, Sequence

import regex

from ingestion.finding import FoundPassage
from search.diversity import Seen
from search.sentences import sentences

Count = Callable[[str], int]

# Scores that differ by less than this part count as a tie.
TIE = 0.02
# A Chinese word has 1.5 characters on average, as commonly reckoned for running text.
CHARACTERS_A_WORD = 1.5
# A source that is cut keeps at least this much, or is left out.
SMALLEST_SOURCE_TOKENS = 40
SMALLEST_SOURCE_WORDS = 20

_DENSE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_WORD = regex.compile(r"[^\s]+")


def distinct(passages: Sequence[FoundPassage]) -> list[FoundPassage]:
    """``passages`` in their order without near-duplicates.

    Of two that say the same the better ranked one stays; of two with like scores the one from the document
    that changed last, in the other's place. Passages that differ in a figure never count as the same: one
    of them may be out of date, and the reader must see both.
    """
    kept: list[FoundPassage] = []
    read: list[Seen] = []
    for passage in passages:
        seen = Seen(passage.text)
        twin = next((at for at, other in enumerate(read) if seen.adds_nothing_to(other)), None)
        if twin is None:
            kept.append(passage)
            read.append(seen)
        elif _is_fresher(passage, kept[twin]):
            kept[twin], read[twin] = passage, seen
    return kept


def _is_fresher(passage: FoundPassage, other: FoundPassage) -> bool:
    tie = abs(passage.score - other.score) <= TIE * abs(other.score)
    return tie and passage.updated > other.updated and len(passage.text) >= 0.9 * len(other.text)


def words(text: str) -> float:
    """Words of ``text``: between spaces, and ``CHARACTERS_A_WORD`` characters each where none are written."""
    dense = len(_DENSE.findall(text))
    return len(_WORD.findall(_DENSE.sub(" ", text))) + dense / CHARACTERS_A_WORD


def beginning(text: str, room: float, count: Callable[[str], float]) -> str:
    """The longest beginning of ``text`` of at most ``room`` by ``count``, at the end of a sentence if one
    ends in its second half."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if count(text[:middle]) <= room else (low, middle - 1)
    if low == len(text):
        return text
    ends = [end for _start, end in sentences(text[:low])[:-1]]
    return text[: ends[-1]] if ends and ends[-1] * 2 >= low else text[:low]
