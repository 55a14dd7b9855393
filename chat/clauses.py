"""Texts cut into clauses, and which of them speak of the same thing."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

import regex

from chat.phrases import FUNCTION_WORDS
from search import analysis, figures, stopwords
from search.folding import fold
from search.sentences import sentences

# The part of a clause's words that another one shares if it speaks of the same, or says the same.
SAME_SUBJECT = 0.5
SAME_STATEMENT = 0.6
AS_GOOD = 0.9
FEWEST_OF_CLAUSE = 2
CLAUSE_FROM = 0.4

_CLAUSE = regex.compile(
    r"[，；;：、()（）—]\s*|,(?!\d)\s*|:(?!\d)\s*|\s(?:but|and|while|whereas|although|though|because|except)\s|(?=但是?|不过|而且|然而)|\n"
    r"|\s(?:and|or)\s(?=(?:is|are|was|were|has|have|had|can|may|must|will|also|then|not)\b)"
)
# Modal and function words stand between Chinese words without a space.
_MODAL = regex.compile(r"不?可以|能够|不能|不得|不要|不用|不必|应该|应当|必须")
_NEGATION = regex.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|unable|forbid\w*|forbade|prohibit\w*|"
    r"impossible|unavailable|refuse[sd]?|lacks?)\b|n['’]t\b"
    r"|(?:不(?!仅|但|过|断|同|久|锈|少|只|管|论|止|妨)|没有?(?!收)|(?<!否)未(?!来|必)|(?<!南)无(?!论|人机|线|锡)|"
    r"(?<!莫)非(?!常|洲|得)|勿|禁止|严禁|谢绝|拒绝)"
)
_QUESTIONING = regex.compile(
    r"是否|能否|可否|会不会|是不是|能不能|可不可以|有没有|not only|no (?:later|more|less|longer) than"
)


@dataclass(frozen=True, slots=True)
class Clause:
    text: str
    terms: Mapping[str, float]
    figures: frozenset[str]
    negated: bool
    sentence: int


def clauses_without(claim: str, words: Set[str]) -> list[str]:
    """The clauses of ``claim`` of which ``words``, the terms of its passages, hold hardly anything."""
    return [text for text, share in _shares_of_clauses(claim, words) if share < CLAUSE_FROM]


def clauses_within(claim: str, words: Set[str]) -> list[str]:
    """The clauses of ``claim`` of which ``words`` hold most."""
    return [text for text, share in _shares_of_clauses(claim, words) if share >= SAME_STATEMENT]


def _shares_of_clauses(claim: str, words: Set[str]) -> list[tuple[str, float]]:
    shares = []
    for clause in clauses(claim):
        if len(clause.terms) >= FEWEST_OF_CLAUSE:
            known = sum(weight for term, weight in clause.terms.items() if term in words)
            shares.append((clause.text.strip(), known / sum(clause.terms.values())))
    return shares


@lru_cache(maxsize=64)
def clauses(text: str) -> tuple[Clause, ...]:
    """In order. Kept, since one passage is held against many sentences."""
    return tuple(
        clause_of(part, start)
        for start, end in sentences(text)
        for part in _CLAUSE.split(text[start:end])
        if part and part.strip()
    )


def clause_of(text: str, sentence: int = 0) -> Clause:
    return Clause(text, content_terms(text), figures.held(text), is_negated(text), sentence)


def content_terms(text: str) -> dict[str, float]:
    """What ``text`` is about: its terms without figures, negations, modal and function words."""
    words = _NEGATION.sub(" ", _MODAL.sub(" ", figures.blanked(text)))
    terms = analysis.weighted_terms(FUNCTION_WORDS.sub(" ", words))
    stop = stopwords.ENGLISH | stopwords.CHINESE_CHARACTERS
    return {term: weight for term, weight in terms.items() if weight == 1.0 and term not in stop}


def is_negated(text: str) -> bool:
    """An even number of negations is none: 不得不."""
    return len(_NEGATION.findall(_QUESTIONING.sub("", fold(text).text))) % 2 == 1


def _share(said: Clause, other: Clause) -> float:
    total = sum(said.terms.values())
    shared = sum(weight for term, weight in said.terms.items() if term in other.terms)
    return shared / total if total else 0.0


def nearest(said: Clause, theirs: Sequence[Clause], least: float) -> list[Clause]:
    """The clauses that share most with ``said``, if that is at least ``least``."""
    shares = [_share(said, other) for other in theirs]
    best = max(shares, default=0.0)
    if best < least or not said.terms:
        return []
    return [other for other, share in zip(theirs, shares, strict=True) if share >= AS_GOOD * best]
