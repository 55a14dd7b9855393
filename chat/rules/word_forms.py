"""Words of English in another form: plural, past, -ing. What is only derived from a word, such as
"organisation" from "organ", is another word."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import takewhile

import regex

from search import analysis
from search.folding import fold

_WORD = regex.compile(r"[\p{Latin}\p{M}]+|[\p{N}]+")
_ENDINGS = frozenset({"", "e", "s", "es", "d", "ed", "ing", "y", "ies", "ied", "ying"})
_SHORTEST = 3


def holds_a_form(text: str, words: Sequence[str]) -> bool:
    """Whether one of the folded ``words``, or phrases, stands in ``text`` in whatever form."""
    told = _WORD.findall(fold(text).text)
    places: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(told):
        places[_stem(word)].append(place)
    for phrase in words:
        parts = _WORD.findall(phrase)
        if "".join(parts) != regex.sub(r"[\s\p{P}]", "", phrase) or not parts:
            continue  # not of such words alone
        for at in places.get(_stem(parts[0]), ()):
            stands = told[at : at + len(parts)]
            if len(stands) == len(parts) and all(map(_is_form, stands, parts)):
                return True
    return False


def _is_form(one: str, other: str) -> bool:
    if one == other:
        return True
    begin = _common(one, other)
    ends = {_undoubled(begin, one), _undoubled(begin, other)}
    return len(begin) >= _SHORTEST and ends <= _ENDINGS and _stem(one) == _stem(other)


def _common(one: str, other: str) -> str:
    same = (a == b for a, b in zip(one, other, strict=False))
    return one[: sum(1 for _letter in takewhile(bool, same))]


def _undoubled(begin: str, word: str) -> str:
    """What stands behind ``begin``, without the letter that is written twice: plan, planned."""
    end = word[len(begin) :]
    return end[1:] if end[1:] in {"ed", "ing"} and end[0] == begin[-1:] else end


def _stem(word: str) -> str:
    return next(iter(analysis.units(word)), "")
