"""Whether a text holds exactly these words, as the analyser sees them: stems, scripts, either Chinese.

Indexes keep no order of terms, so phrases are looked for in the text itself, among passages that hold all
of a phrase's terms.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from search import analysis

# Term, start, end, and whether it follows the one before without anything between, as characters of a run do.
_Unit = tuple[str, int, int, bool]


def phrase_terms(phrases: Iterable[str]) -> tuple[str, ...]:
    """The terms that a passage with all ``phrases`` has in an index."""
    return tuple(dict.fromkeys(term for phrase in phrases for term in analysis.tokens(phrase)))


def lone_terms(words: Iterable[str]) -> tuple[str, ...]:
    """The term of each of ``words`` that is one term and no more, so that an index knows who has it."""
    found: list[str] = []
    for word in words:
        units = _units(word)
        if len(units) == 1:
            found.append(units[0][0])
        elif len(units) == 2 and units[1][3]:
            found.append(units[0][0] + units[1][0])
    return tuple(dict.fromkeys(found))


def occurrences(text: str, phrase: str) -> list[tuple[int, int]]:
    """Character ranges of ``text`` that say ``phrase``, in order, apart from each other.

    Words follow each other whatever stands between them; characters of a script without spaces only where
    nothing does.
    """
    wanted = _units(phrase)
    if not wanted:
        return []
    units, found, at = _units(text), [], 0
    while at + len(wanted) <= len(units):
        if _is_at(units, at, wanted):
            found.append((units[at][1], units[at + len(wanted) - 1][2]))
            at += len(wanted)
        else:
            at += 1
    return found


def belongs(parts: Sequence[str], phrases: Sequence[str], excluded: Sequence[str]) -> bool:
    """Whether every phrase, and nothing that is excluded, is in one of ``parts``: a passage's text, its
    title, its headings."""
    return all(_in_any(parts, phrase) for phrase in phrases) and not any(
        _in_any(parts, word) for word in excluded
    )


def _in_any(parts: Sequence[str], phrase: str) -> bool:
    return any(occurrences(part, phrase) for part in parts)


def _is_at(units: Sequence[_Unit], at: int, wanted: Sequence[_Unit]) -> bool:
    return all(
        units[at + offset][0] == term and (units[at + offset][3] or not glued)
        for offset, (term, _start, _end, glued) in enumerate(wanted)
    )


@lru_cache(maxsize=256)
def _units(text: str) -> tuple[_Unit, ...]:
    """Words and single characters of ``text`` in order."""
    units: list[_Unit] = []
    end = -1
    for token in analysis.spans(text):
        dense = analysis.is_dense(token.term)
        if dense and not analysis.is_single(token.term):
            continue
        units.append((token.term, token.start, token.end, dense and token.start <= end))
        end = token.end if dense else -1
    return tuple(units)
