"""Words that mean the same in a collection, as an editor lists them, and what they add to a question.

One group a line: ``k8s, kubernetes`` where each finds the others, ``tv => television, telly`` where only the
left side finds the right one. A line that begins with ``#`` is a remark. They count when something is
searched, so a change needs no new index.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import regex
from django.utils.translation import gettext as _

from search import analysis
from search.types import Wanted

# A synonym counts less than the word itself.
WEIGHT = 0.7
MAX_CHARS = 20_000
MAX_GROUPS = 500
MAX_WORDS = 12
MAX_WORD_CHARS = 80
_SEPARATOR = regex.compile(r"[,，、;；]")
_ONE_WAY = regex.compile(r"=>|⇒|→|＝＞")
_TOLD = 5


class BadSynonyms(ValueError):
    """``problems`` are sentences, each with the number of its line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Synonyms:
    """``others`` of each folded word or run of words; ``longest`` is how many words the longest has."""

    others: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    longest: int = 0
    dense: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.others)


@dataclass(frozen=True, slots=True)
class Expanded:
    """What a question becomes: ``wanted`` for the word index, ``added`` the synonyms by what was asked."""

    wanted: Wanted
    added: Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=256)
def parse(text: str) -> Synonyms:
    """Raises ``BadSynonyms``."""
    problems: list[str] = []
    others: dict[tuple[str, ...], dict[str, None]] = {}
    if len(text) > MAX_CHARS:
        raise BadSynonyms(
            [_("The list has more than %(limit)d characters. Shorten it.") % {"limit": MAX_CHARS}]
        )
    groups = 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        groups += 1
        try:
            _add(others, line)
        except ValueError as error:
            problems.append(_("Line %(number)d: %(problem)s") % {"number": number, "problem": error})
    if groups > MAX_GROUPS:
        problems.append(
            _("There are %(count)d groups; at most %(limit)d are kept.")
            % {"count": groups, "limit": MAX_GROUPS}
        )
    if problems:
        more = len(problems) - _TOLD
        raise BadSynonyms(
            problems[:_TOLD] + ([_("And %(count)d more.") % {"count": more}] if more > 0 else [])
        )
    dense = tuple(sorted({key[0] for key in others if len(key) == 1 and analysis.is_dense(key[0])}, key=len))
    longest = max((len(key) for key in others), default=0)
    return Synonyms({key: tuple(words) for key, words in others.items()}, longest, dense[::-1])


def _add(others: dict[tuple[str, ...], dict[str, None]], line: str) -> None:
    sides = _ONE_WAY.split(line)
    if len(sides) > 2:
        raise ValueError(_("more than one arrow."))
    words = [_words(side) for side in sides]
    if len(words) == 1 and len(words[0]) < 2:
        raise ValueError(_("one word alone has no synonym. Write at least two, separated by commas."))
    if not all(words):
        raise ValueError(_("one side of the arrow is empty."))
    for word in words[0]:
        group = others.setdefault(_key(word), {})
        group.update((other, None) for other in words[-1] if _key(other) != _key(word))


def _words(side: str) -> list[str]:
    words = [" ".join(word.split()) for word in _SEPARATOR.split(side)]
    words = [word for word in words if word]
    if len(words) > MAX_WORDS:
        raise ValueError(_("more than %(limit)d words in one group.") % {"limit": MAX_WORDS})
    for word in words:
        if len(word) > MAX_WORD_CHARS:
            raise ValueError(_("“%(word)s…” is too long for a word.") % {"word": word[:20]})
        if not _key(word):
            raise ValueError(_("“%(word)s” holds no letter or digit.") % {"word": word})
    return words


def _key(text: str) -> tuple[str, ...]:
    """What is compared: stems, and runs of scripts without spaces as they are."""
    return tuple(word if is_dense else analysis.stem(word) for word, is_dense, _s, _e in analysis.runs(text))


def expand(query: str, synonyms: Synonyms) -> Expanded | None:
    """What to look for instead of ``query``'s own terms; ``None`` where no synonym is in it."""
    found = _found(query, synonyms) if synonyms else []
    if not found:
        return None
    rest = query
    choices: list[tuple[Mapping[str, float], ...]] = []
    added: dict[str, tuple[str, ...]] = {}
    for start, end, key in found:
        others, written = synonyms.others[key], query[start:end]
        rest = rest[:start] + " " * (end - start) + rest[end:]
        ways = [analysis.weighted_terms(written)]
        for other in others:
            terms = analysis.weighted_terms(other)
            ways.append({term: WEIGHT * weight for term, weight in terms.items()})
        choices.append(tuple(ways))
        added[written] = others
    return Expanded(Wanted(_own_terms(query, rest, found), tuple(choices)), added)


def _own_terms(query: str, rest: str, found: list[tuple[int, int, tuple[str, ...]]]) -> Mapping[str, float]:
    """The terms outside what has synonyms, with the pairs across its borders."""
    own = analysis.weighted_terms(query)
    outside = analysis.weighted_terms(rest)
    inner = {term for start, end, _key in found for term in analysis.weighted_terms(query[start:end])}
    return {term: weight for term, weight in own.items() if term not in inner or term in outside}


def _found(query: str, synonyms: Synonyms) -> list[tuple[int, int, tuple[str, ...]]]:
    """Places and keys, the longest first at each place, none within another."""
    runs = analysis.runs(query)
    keys = [word if is_dense else analysis.stem(word) for word, is_dense, _s, _e in runs]
    found: list[tuple[int, int, tuple[str, ...]]] = []
    at = 0
    while at < len(runs):
        for size in range(min(synonyms.longest, len(runs) - at), 0, -1):
            key = tuple(keys[at : at + size])
            if key in synonyms.others:
                found.append((runs[at][2], runs[at + size - 1][3], key))
                at += size
                break
        else:
            if runs[at][1]:
                found.extend(_inside(runs[at], synonyms))
            at += 1
    return found


def _inside(run: tuple[str, bool, int, int], synonyms: Synonyms) -> list[tuple[int, int, tuple[str, ...]]]:
    """Words within a run of a script without spaces, the longest first."""
    text, _is_dense, start, end = run
    if len(text) != end - start:
        return []
    found: list[tuple[int, int, tuple[str, ...]]] = []
    for word in synonyms.dense:
        at = text.find(word)
        while at >= 0:
            place = (start + at, start + at + len(word))
            if all(place[1] <= other[0] or place[0] >= other[1] for other in found):
                found.append((*place, (word,)))
            at = text.find(word, at + 1)
    return sorted(found)
