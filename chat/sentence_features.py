"""What speaks for a sentence as the answer, in numbers.

Terms, their weights and their reduction to stems come from ``search.analysis``. Shares are parts of the
question's weight, 0 to 1; the weight of a term is its inverse frequency among the candidates.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from chat import answer_types
from search import analysis
from search.bm25 import idf, saturation
from search.folding import fold

K1 = 1.5
B = 0.5

NAMES = (
    "bm25", "bm25_in_passage", "best", "best_in_passage", "share", "plain_share",
    "bm25_before", "bm25_after", "bm25_two_before", "gain_before", "gain_after", "window",
    "passage", "passage_squared", "passage_idf", "rank", "is_first_passage", "place_of_passage", "elsewhere",
    "opens", "closes", "place", "length", "length_squared", "short", "new", "new_share", "few_new",
    "runs", "longest_run", "prefixes", "rarest", "second_rarest", "rare_before", "numbers", "foreign",
    "leans", "leans_before", "tight", "many_tight", "counted", "head", "new_head", "names",
    *answer_types.KINDS,
)  # fmt: skip

_WORD = re.compile(r"[^\W_]+")
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_NOT_WORD = re.compile(r"[\W_]+")
_LEANS = re.compile(
    r"(?:he|she|it|its|his|her|they|their|them|this|these|that|those|such|both|however|but|also|then|and)\b|"
    r"然而|但|而|此|这|该|其|他|她|它|并|同时|因此|另外|之后|同年|随后|也|亦|牠|后来"
)


@dataclass(slots=True)
class Candidate:
    """A sentence: the ``place``-th of the ``of`` sentences in the passage at position ``passage``."""

    passage: int
    place: int
    of: int
    text: str
    folded: str = ""
    bag: Counter[str] = field(default_factory=Counter)
    held: set[str] = field(default_factory=set)
    bm25: float = 0.0


@dataclass(frozen=True, slots=True)
class _Question:
    asked: answer_types.Asked
    weights: Mapping[str, float]
    every: frozenset[str]
    dense: bool
    bare: str
    runs: frozenset[str]
    numbers: frozenset[str]
    foreign: frozenset[str]


def candidates(passages: Sequence[Sequence[str]]) -> list[Candidate]:
    """One for each sentence of each passage, in order."""
    return [
        Candidate(rank, place, len(sentences), text, fold(text).text, Counter(analysis.tokens(text)))
        for rank, sentences in enumerate(passages)
        for place, text in enumerate(sentences)
    ]


def is_dense(question: str) -> bool:
    """Whether most of the question is in a script without spaces between words."""
    terms = analysis.weighted_terms(question)
    return sum(map(analysis.is_dense, terms)) * 2 > len(terms)


def leans(folded: str) -> bool:
    """Whether a sentence begins with a word that points back to the one before it."""
    return _LEANS.match(folded) is not None


def table(question: str, found: Sequence[Candidate]) -> list[list[float]]:
    """A row of ``NAMES`` for each candidate. ``found`` must be in order and not empty."""
    asked = _read(question)
    measured = _Measured(asked, found)
    return [measured.row(at) for at in range(len(found))]


def _read(question: str) -> _Question:
    folded = fold(question).text
    weights = analysis.weighted_terms(question)
    dense = is_dense(question)
    return _Question(
        asked=answer_types.asked(folded),
        weights=weights,
        every=frozenset(analysis.tokens(question)),
        dense=dense,
        bare=_NOT_WORD.sub("", folded),
        runs=frozenset(_runs(folded, dense)),
        numbers=frozenset(re.findall(r"\d+", folded)),
        foreign=frozenset(term for term in weights if dense and not analysis.is_dense(term)),
    )


def _runs(folded: str, dense: bool) -> list[str]:
    """Three characters in a row, or two words."""
    if dense:
        return [run[at : at + 3] for run in _HAN_RUN.findall(folded) for at in range(len(run) - 2)]
    return [" ".join(pair) for pair in pairwise(_WORD.findall(folded))]


class _Measured:
    """What is common to all candidates of a question."""

    def __init__(self, question: _Question, found: Sequence[Candidate]) -> None:
        self.question = question
        self.found = found
        frequency = Counter(term for one in found for term in one.bag.keys() & question.weights.keys())
        self.idf = {term: question.weights[term] * idf(len(found), held) for term, held in frequency.items()}
        self.weights = {term: question.weights[term] for term in frequency}
        self.rarest = sorted(self.idf, key=lambda term: (-self.idf[term], term))[:3]
        self.prefixes = [
            term[: 5 if len(term) < 8 else 6]
            for term in question.weights
            if term not in self.idf and len(term) >= 5 and not analysis.is_dense(term)
        ]
        mean = sum(one.bag.total() for one in found) / len(found) or 1.0
        for one in found:
            one.held = set(one.bag.keys() & self.idf.keys())
            one.bm25 = self._bm25(one, one.bag.total() / mean)
        self.top = max(one.bm25 for one in found) or 1.0
        self._passages()

    def _bm25(self, one: Candidate, length: float) -> float:
        return sum(self.idf[term] * saturation(one.bag[term], length, k1=K1, b=B) for term in one.held)

    def _passages(self) -> None:
        self.held: dict[int, set[str]] = {}
        self.top_in: dict[int, float] = {}
        for one in self.found:
            self.held.setdefault(one.passage, set()).update(one.held)
            self.top_in[one.passage] = max(self.top_in.get(one.passage, 0.0), one.bm25)
        self.passage = {rank: share(held, self.weights) for rank, held in self.held.items()}
        self.passage_idf = {rank: share(held, self.idf) for rank, held in self.held.items()}
        self.best_passage = max(self.passage.values()) or 1.0
        self.best_passage_idf = max(self.passage_idf.values()) or 1.0

    def row(self, at: int) -> list[float]:
        one = self.found[at]
        return [
            *self._matched(one, self._at(at, -1), self._at(at, 1), self._at(at, -2)),
            *self._form(one),
            *self._details(one, self._at(at, -1)),
            *self._kind(one),
        ]

    def _at(self, at: int, step: int) -> Candidate | None:
        other = at + step
        if not 0 <= other < len(self.found) or self.found[other].passage != self.found[at].passage:
            return None
        return self.found[other]

    def _matched(
        self, one: Candidate, before: Candidate | None, after: Candidate | None, two: Candidate | None
    ) -> list[float]:
        top_in = self.top_in[one.passage] or 1.0
        with_before = one.held | before.held if before else one.held
        with_after = one.held | after.held if after else one.held
        plain = share(one.held, self.weights)
        window = share(with_before | with_after, self.weights)
        passage = self.passage[one.passage]
        relative = passage / self.best_passage
        return [
            one.bm25 / self.top,
            one.bm25 / top_in,
            float(one.bm25 >= self.top),
            float(one.bm25 >= top_in),
            share(one.held, self.idf),
            plain,
            before.bm25 / self.top if before else 0.0,
            after.bm25 / self.top if after else 0.0,
            two.bm25 / self.top if two else 0.0,
            share(with_before, self.weights) - plain,
            share(with_after, self.weights) - plain,
            window,
            relative,
            relative**2,
            self.passage_idf[one.passage] / self.best_passage_idf,
            1 / (1 + one.passage),
            float(one.passage == 0),
            one.passage / 8,
            passage - window,
        ]

    def _form(self, one: Candidate) -> list[float]:
        per_word = 2 if self.question.dense else 1
        length = one.bag.total() / per_word
        new = len(one.bag.keys() - self.question.every) / per_word
        return [
            float(one.place == 0),
            float(one.place == one.of - 1),
            one.place / max(1, one.of - 1),
            math.log(1 + length),
            math.log(1 + length) ** 2 / 5,
            float(length < 5),
            math.log(1 + new),
            new * per_word / max(1, len(one.bag)),
            float(new < 3),
        ]

    def _details(self, one: Candidate, before: Candidate | None) -> list[float]:
        question = self.question
        leaning = float(leans(one.folded))
        rare_before = before.held - one.held if before else set()
        runs = frozenset(_runs(one.folded, question.dense))
        longest = _longest_run(question.bare, _NOT_WORD.sub("", one.folded)) if question.dense else 0
        tight, many_tight = self._tight(one)
        return [
            len(question.runs & runs) / max(1, len(question.runs)),
            min(longest, 12) / 12,
            sum(f" {prefix}" in f" {one.folded}" for prefix in self.prefixes) / max(1, len(question.weights)),
            float(self.rarest[:1] != [] and self.rarest[0] in one.held),
            float(len(self.rarest) > 1 and self.rarest[1] in one.held),
            sum(term in rare_before for term in self.rarest) / 3,
            sum(number in one.folded for number in question.numbers) / max(1, len(question.numbers)),
            sum(term in one.bag for term in question.foreign) / max(1, len(question.foreign)),
            leaning,
            leaning * (before.bm25 / self.top if before else 0.0),
            tight,
            many_tight,
        ]

    def _tight(self, one: Candidate) -> tuple[float, float]:
        """How near to each other the terms stand that the sentence shares with the question."""
        places = [place for term in one.held if len(term) > 1 and (place := one.folded.find(term)) >= 0]
        if len(places) < 2:
            return 0.0, 0.0
        tight = 1 / (1 + (max(places) - min(places)) / (15 if self.question.dense else 50))
        return tight, len(places) * tight / 5

    def _kind(self, one: Candidate) -> list[float]:
        asked = self.question.asked
        head = asked.head
        names = 0 if self.question.dense else answer_types.new_names(asked.text, one.text)
        return [
            float(bool(asked.counted) and answer_types.counts(asked.counted, one.folded)),
            float(bool(head) and head in one.folded),
            float(bool(head) and self.question.dense and answer_types.has_new(head, asked.text, one.folded)),
            min(names, 3) / 3 if "person" in asked.kinds or "place" in asked.kinds else 0.0,
            *(
                float(kind in asked.kinds and answer_types.offers(kind, asked.text, one.folded))
                for kind in answer_types.KINDS
            ),
        ]


def share(held: set[str], weights: Mapping[str, float]) -> float:
    """The part of the weight that ``held`` makes up."""
    total = sum(weights.values())
    return sum(weights[term] for term in held) / total if total else 0.0


def _longest_run(question: str, sentence: str) -> int:
    """Characters of the longest piece of ``question`` that stands in ``sentence``."""
    longest = 0
    for start in range(len(question)):
        while start + longest < len(question) and question[start : start + longest + 1] in sentence:
            longest += 1
    return longest
