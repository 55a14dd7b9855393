"""What speaks for and against an answer in the passages found: a few numbers, each with a plain meaning.

All are shares or logarithms of small counts, and none grows with the collection.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import regex

from search import analysis
from search.evidence_terms import Question
from search.folding import fold
from search.sentences import sentences

NAMES = (
    "passage",
    "passage_squared",
    "bm25",
    "window",
    "margin",
    "lead",
    "count",
    "length",
    "unknown",
    "names_missing",
    "foreign_missing",
    "no_number",
    "singles",
    "runs",
    "runs_missing",
    "missing_stretch",
    "cosine",
    "cosine_best",
    "cosine_margin",
    "cosine_lead",
)
# A missing word counts in part where another form of it is there (colony, colonial).
_SIMILAR = 0.7
_PREFIX = 4
_PREFIX_SHARE = 0.65
_LONG_RUN = 3
# Passages that have more of their terms in common are copies, or versions of one text.
_COPY = 0.6
# Passages that a collection is taken to have in addition, so that a small one does not exaggerate.
_PRIOR = 30
_ASKS_NUMBER = regex.compile(
    r"\bhow (?:many|much|long|old|far|large|big|tall|high|often)\b|\bwhen\b"
    r"|\b(?:what|which) (?:year|date|percentage|number|decade|century|day|time|age)\b"
    r"|多少|几[年个次位名岁天月世]|[哪何]一?[年天日]|何时|什么时候|多[长久大高远]"
)
_NUMBER = regex.compile(
    r"\d+|[一二三四五六七八九十百千万亿两]+(?=[年月日岁天个名次位座家种所人成倍])"
    r"|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|dozen|hundred|thousand|million|billion|century)\b"
)


@dataclass(frozen=True, slots=True)
class Passage:
    """``context`` is title and headings; ``cosine`` and ``bm25`` its scores, ``None`` where unknown."""

    text: str
    context: str = ""
    cosine: float | None = None
    bm25: float | None = None


@dataclass(frozen=True, slots=True)
class _Match:
    """What one passage holds: ``share`` of the question's weight, ``window`` of it in the two sentences at
    ``place``, ``held`` its terms that are there; ``present`` is all that is there."""

    share: float
    window: float
    place: tuple[int, int]
    held: frozenset[str]
    present: frozenset[str]


def weigh(question: Question, frequencies: Mapping[str, int], total: int) -> dict[str, float]:
    """Each term's weight times its rarity: idf as in BM25, 1 for what none of ``total`` passages holds."""
    most = _idf(total, 0)
    return {
        term.text: term.weight * _idf(total, frequencies.get(term.text, 0)) / most for term in question.terms
    }


def _idf(total: int, frequency: int) -> float:
    return math.log(1 + (max(total - frequency, 0) + _PRIOR + 0.5) / (frequency + 0.5))


def measure(
    asked: str,
    question: Question,
    passages: Sequence[Passage],
    frequencies: Mapping[str, int],
    total: int,
    whole_bm25: float,
) -> dict[str, float]:
    """The features by name, see ``NAMES`` and docs/decisions/007.

    ``question`` is ``asked``, read, with at least one term; ``passages`` are the best found, at least one;
    ``frequencies`` says in how many of ``total`` passages each term occurs,
    ``whole_bm25`` the sum of weight times idf that BM25 scores are to be compared with.
    """
    weights = weigh(question, frequencies, total)
    whole = sum(weights.values())
    matches = [_match(passage, weights) for passage in passages]
    top = max(range(len(matches)), key=lambda at: matches[at].share + matches[at].window)
    best = matches[top]
    others = [match.share for at, match in enumerate(matches) if at != top and not _copies(match, best)]
    near = max(range(len(matches)), key=lambda at: matches[at].window)
    missing = [term for term in question.terms if term.text not in best.held]
    asked_for = sum(term.weight for term in question.terms)
    start, end = matches[near].place
    return {
        "passage": best.share,
        "passage_squared": best.share**2,
        "bm25": max((p.bm25 or 0.0 for p in passages), default=0.0) / whole_bm25 if whole_bm25 > 0 else 0.0,
        "window": matches[near].window,
        "margin": best.share - (sum(others) / len(others) if others else 0.0),
        "lead": best.share - max(others, default=0.0),
        "count": 1 - sum(term.weight for term in missing) / asked_for,
        "length": math.log(len(question.terms)),
        "unknown": sum(weight for term, weight in weights.items() if not frequencies.get(term)) / whole,
        "names_missing": float(min(2, sum(t.name and not analysis.is_dense(t.text) for t in missing))),
        "foreign_missing": math.log1p(
            sum(weights[t.text] for t in missing if t.name and analysis.is_dense(t.text))
        ),
        "no_number": _no_number(asked, passages[near].text[start:end]),
        "singles": _singles(weights, best.held),
        **_runs(question, passages[top].text),
        **_cosines([passage.cosine for passage in passages], passages[top].cosine),
    }


def _match(passage: Passage, weights: Mapping[str, float]) -> _Match:
    context = frozenset(analysis.tokens(passage.context))
    places = sentences(passage.text)
    parts = [frozenset(analysis.tokens(passage.text[start:end])) for start, end in places]
    present = context.union(*parts)
    held = {term: weight for term, weight in weights.items() if term in present}
    exact = frozenset(held)
    similar = _similar(weights, present)
    whole = sum(weights.values())
    window, place = 0.0, (0, 0)
    for at in range(len(parts)):
        pair = parts[at : at + 2]
        here = sum(held[term] for term in exact if any(term in part for part in (context, *pair)))
        if here > window:
            window, place = here, (places[at][0], places[at + len(pair) - 1][1])
    extra = sum(similar.values())
    share = (sum(held.values()) + extra) / whole
    return _Match(share, (window + extra) / whole, place, exact | similar.keys(), present)


def _copies(one: _Match, other: _Match) -> bool:
    """Whether two passages say much the same, so that neither takes anything from the other."""
    return len(one.present & other.present) > _COPY * len(one.present | other.present)


def _similar(weights: Mapping[str, float], present: frozenset[str]) -> dict[str, float]:
    """Words that are missing but for another form of them, and what that form is worth."""
    result = {}
    for term, weight in weights.items():
        if term in present or len(term) < _PREFIX or not (term.isascii() and term.isalpha()):
            continue
        start = term[:_PREFIX]
        best = max((_similarity(term, word) for word in present if word.startswith(start)), default=0.0)
        if best:
            result[term] = _SIMILAR * best * weight
    return result


def _similarity(one: str, other: str) -> float:
    same = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        same += 1
    share = same / max(len(one), len(other))
    return share if share >= _PREFIX_SHARE else 0.0


def _singles(weights: Mapping[str, float], held: frozenset[str]) -> float:
    chosen = [term for term in weights if analysis.is_single(term)]
    whole = sum(weights[term] for term in chosen)
    return sum(weights[term] for term in chosen if term in held) / whole if whole else 0.0


def _runs(question: Question, text: str) -> dict[str, float]:
    """How the question's pieces of Chinese stand in ``text``: the share of their characters in pieces of
    three or more, the share of them of which no pair is there, and the longest stretch without one."""
    folded = fold(text).text
    covered = missing = stretch = 0
    for run in question.runs:
        reach = _reach(run, folded)
        covered += sum(length >= min(_LONG_RUN, len(run)) for length in reach)
        absent = [length < min(2, len(run)) for length in reach]
        missing += all(absent)
        gaps = [len(list(group)) for gone, group in groupby(absent) if gone]
        stretch = max(stretch, *gaps, 0)
    total = sum(map(len, question.runs))
    return {
        "runs": covered / total if total else 0.0,
        "runs_missing": missing / len(question.runs) if question.runs else 0.0,
        "missing_stretch": math.log1p(stretch),
    }


def _reach(run: str, text: str) -> list[int]:
    """For each character of ``run``, the length of the longest piece of it around there that ``text`` has."""
    reach = [0] * len(run)
    end = 0
    for start in range(len(run)):
        end = max(end, start)
        while end < len(run) and run[start : end + 1] in text:
            end += 1
        for at in range(start, end):
            reach[at] = max(reach[at], end - start)
    return reach


def _no_number(asked: str, window: str) -> float:
    """1 where a number is asked for and ``window`` holds none but those of the question."""
    asked = fold(asked).text
    if not _ASKS_NUMBER.search(asked):
        return 0.0
    known = set(_NUMBER.findall(asked))
    return float(all(number in known for number in _NUMBER.findall(fold(window).text)))


def _cosines(cosines: Sequence[float | None], of_best: float | None) -> dict[str, float]:
    known = sorted((cosine for cosine in cosines if cosine is not None), reverse=True)
    if not known:
        return dict.fromkeys(("cosine", "cosine_best", "cosine_margin", "cosine_lead"), 0.0)
    others = known[1:]
    return {
        "cosine": known[0],
        "cosine_best": of_best or 0.0,
        "cosine_margin": known[0] - sum(others) / len(others) if others else 0.0,
        "cosine_lead": known[0] - others[0] if others else 0.0,
    }
