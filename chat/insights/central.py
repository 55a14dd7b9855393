"""The central sentences of a text, found by its words alone: a summary without a language model.

A sentence is as central as its words are those of the text: the cosine of its terms with those of all
sentences, weighed by how rare a term is among the passages (Radev et al., "Centroid-based summarization of
multiple documents", 2004). Sentences that open the text or a section, or hold words of the title, gain; those
that point back to what stands before them lose. Each that is chosen takes its words from what is left to be
said, so that the next one says something else (Carbonell and Goldstein, "MMR", 1998).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import regex

from chat.quotable import quotable
from ingestion.telling_terms import topical
from search import analysis
from search.language import shares

# More is not weighed: of a longer text every second, third … passage is.
MOST_PASSAGES = 400
SENTENCES: Mapping[str, int] = {"short": 3, "medium": 6, "long": 12}
_SHORTEST, _LONGEST = 25, 320
_REPEATS = 0.6
_FIRST, _OPENS, _SAME_SECTION = 1.8, 1.4, 0.7
_SAME = 0.7
_POINTS_BACK = regex.compile(
    r"\s*(?:(?:it|its|they|their|them|he|his|she|her|this|that|these|those|such|however|but|and|or|also|then|"
    r"therefore|thus|hence|otherwise|instead|moreover|furthermore|in addition|for example|for instance)\b"
    r"|[它他她]|这|那|该|此|其|但|而且|因此|所以|不过|然而|否则|另外|此外|同时|例如|比如|上述|并且|于是|也)",
    regex.IGNORECASE,
)
# A whole statement: no question, no clause before a semicolon.
_ENDED = regex.compile(r"[.!。！…][\"'”’»)\]】」』）》*_`]*\Z")


@dataclass(frozen=True, slots=True)
class Central:
    """A sentence, word for word, and the place of its passage."""

    text: str
    place: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """``sentences`` are in the order of the text; ``step`` is 1 where every passage was weighed, 2 where
    every second one was."""

    sentences: tuple[Central, ...]
    step: int = 1


@dataclass(frozen=True, slots=True)
class _Candidate:
    """``section`` counts the headings before it; ``opens``: it is the first sentence of its section."""

    text: str
    place: int
    terms: Mapping[str, float]
    section: int
    opens: bool


def central_sentences(texts: Sequence[str], headings: Sequence[str], title: str, count: int) -> Chosen:
    """At most ``count`` sentences of the passages ``texts``. Takes time in proportion to the text, up to a
    bound."""
    step = math.ceil(len(texts) / MOST_PASSAGES) or 1
    places = range(0, len(texts), step)
    bags = {place: Counter(topical(texts[place])) for place in places}
    frequency = Counter(term for bag in bags.values() for term in bag)
    rarity = {term: math.log(1 + len(bags) / seen) for term, seen in frequency.items()}
    found = _candidates(texts, headings, places, rarity)
    if not found:
        return Chosen((), step)
    named = set(analysis.tokens(f"{title}\n" + "\n".join(dict.fromkeys(headings[:200]))))
    best = _choose(found, _centre(found), named, count)
    return Chosen(tuple(Central(one.text, one.place) for one in best), step)


def _candidates(
    texts: Sequence[str], headings: Sequence[str], places: Sequence[int], rarity: Mapping[str, float]
) -> list[_Candidate]:
    found: list[_Candidate] = []
    seen: set[str] = set()
    section, heading = 0, None
    for place in places:
        opens = headings[place] != heading
        section += opens
        heading = headings[place]
        for text in quotable(texts[place]):
            key = "".join(text.split()).lower()
            if key in seen:  # passages overlap
                continue
            seen.add(key)
            terms = Counter(topical(text))
            if terms and not text.startswith("|"):
                weights = {term: (1 + math.log(n)) * rarity.get(term, 1.0) for term, n in terms.items()}
                found.append(_Candidate(text, place, weights, section, opens))
            opens = False
    return found


def _centre(found: Sequence[_Candidate]) -> dict[str, float]:
    centre: dict[str, float] = defaultdict(float)
    for one in found:
        length = _length(one.terms)
        for term, weight in one.terms.items():
            centre[term] += weight / length
    return dict(centre)


def _choose(
    found: Sequence[_Candidate], centre: dict[str, float], named: Set[str], count: int
) -> list[_Candidate]:
    """Greedily; in the order of the text."""
    left = dict(centre)
    bonus = [_bonus(at, one, named) for at, one in enumerate(found)]
    chosen: list[int] = []
    open_places = set(range(len(found)))
    told: set[int] = set()

    def worth(at: int) -> float:
        again = _SAME_SECTION if found[at].section in told else 1.0
        return again * bonus[at] * _cosine(found[at].terms, left)

    while open_places and len(chosen) < count:
        at = max(open_places, key=lambda at: (worth(at), -at))
        open_places.discard(at)
        if any(_alike(found[at].terms, found[other].terms) for other in chosen):
            continue
        chosen.append(at)
        told.add(found[at].section)
        for term in found[at].terms:
            left[term] = left.get(term, 0.0) * (1 - _REPEATS)
    return [found[at] for at in sorted(chosen)]


def _bonus(at: int, one: _Candidate, named: Set[str]) -> float:
    held = sum(weight for term, weight in one.terms.items() if term in named)
    bonus = 1.0 + 0.4 * held / max(sum(one.terms.values()), 1e-9)
    bonus *= _FIRST if at == 0 else _OPENS if one.opens else 1.0
    if _POINTS_BACK.match(one.text):
        bonus *= 0.75
    if not _ENDED.search(one.text) or one.text[:1].islower():
        bonus *= 0.4
    return bonus * _of_good_length(one.text)


def _of_good_length(text: str) -> float:
    """Chinese characters count three times; much shorter or longer sentences summarise less."""
    size = len(text) * (3 if shares(text).get("zh", 0.0) > 0.5 else 1)
    if size < _SHORTEST:
        return 0.3
    return 0.7 if size < 2 * _SHORTEST or size > _LONGEST else 1.0


def _cosine(terms: Mapping[str, float], centre: Mapping[str, float]) -> float:
    return sum(weight * centre.get(term, 0.0) for term, weight in terms.items()) / _length(terms)


def _length(terms: Mapping[str, float]) -> float:
    return math.sqrt(sum(weight * weight for weight in terms.values())) or 1.0


def _alike(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    shared = sum(weight * other.get(term, 0.0) for term, weight in one.items())
    return shared / (_length(one) * _length(other)) >= _SAME
