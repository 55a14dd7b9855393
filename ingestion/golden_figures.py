"""Figures of a run, and whether two runs really differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from ingestion.evaluating import percentile
from ingestion.golden_scoring import FIGURES
from ingestion.models import GoldenQuestion, GoldenResult, GoldenRun

_SAMPLES = 2000
_MOST_DRAWN = 4_000_000
_SEED = 20_260_901
CHIEF = "ndcg@10"


@dataclass(frozen=True, slots=True)
class Difference:
    """``by`` is how much the mean changed, with its 95 % interval: percentiles of means of questions drawn
    anew (paired bootstrap, Efron 1979, seed fixed), so a repeated comparison says the same."""

    name: str
    before: float
    after: float
    by: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """``better`` or ``worse`` where the interval leaves out 0, else ``noise``."""
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "noise"


@dataclass(frozen=True, slots=True)
class Moved:
    """A question that another configuration answers differently. Ranks count from 1, 0 is not found."""

    question: GoldenQuestion
    before: int
    after: int
    by: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Over the ``questions`` that both runs judged, and judged alike; ``left_out`` are the others."""

    questions: int
    left_out: int
    differences: tuple[Difference, ...]
    better: tuple[Moved, ...]
    worse: tuple[Moved, ...]

    @property
    def chief(self) -> Difference | None:
        return next((each for each in self.differences if each.name == CHIEF), None)


def figures(results: Sequence[GoldenResult]) -> dict[str, Any]:
    """Means over the judged questions, each in 0..1, latencies in milliseconds, and with answers the shares
    of ``chat.evaluating``."""
    judged = [each for each in results if each.is_judged]
    found: dict[str, Any] = {"questions": len(results), "judged": len(judged)}
    for name in FIGURES:
        values = [each.scores.get(name, 0.0) for each in judged]
        found[name] = round(sum(values) / len(values), 4) if values else None
    if judged:
        found["margin"] = _margin([each.scores.get(CHIEF, 0.0) for each in judged])
    times = [each.took_ms for each in results]
    found["latency_ms"] = {"p50": percentile(times, 50), "p95": percentile(times, 95)}
    if any(each.refused is not None for each in results):
        found |= _of_answers(results)
    return found


def _margin(values: Sequence[float]) -> list[float]:
    """The 95 % interval of the mean."""
    low, high = np.percentile(_means(np.asarray(values)), [2.5, 97.5])
    return [round(float(low), 4), round(float(high), 4)]


def _means(values: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Of samples drawn with replacement; fewer of them where there are very many questions."""
    drawn = np.random.default_rng(_SEED)
    count = len(values)
    samples = max(200, min(_SAMPLES, _MOST_DRAWN // count))
    return np.array([values[drawn.integers(0, count, count)].mean() for _sample in range(samples)])


def _of_answers(results: Sequence[GoldenResult]) -> dict[str, Any]:
    answered = [each for each in results if each.refused is not None]
    can = [each for each in answered if each.question.is_answerable]
    cannot = [each for each in answered if not each.question.is_answerable]
    given = [each for each in can if each.answer_hit is not None and not each.refused]
    return {
        "answer_hit": _share([bool(each.answer_hit) for each in given]),
        "answerable_refused": _share([bool(each.refused) for each in can]),
        "unanswerable_refused": _share([bool(each.refused) for each in cannot]),
    }


def _share(values: Sequence[bool]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def compare(before: GoldenRun, after: GoldenRun) -> Comparison:
    """Question by question."""
    first = {each.question_id: each for each in _judged(before)}
    second = {each.question_id: each for each in _judged(after)}
    pairs = _pairs(first, second)
    moved = sorted((_moved(*pair) for pair in pairs), key=lambda each: (each.by, each.question.pk))
    return Comparison(
        questions=len(pairs),
        left_out=len(first.keys() | second.keys()) - len(pairs),
        differences=tuple(_difference(name, pairs) for name in FIGURES if pairs),
        better=tuple(each for each in reversed(moved) if each.by > 0),
        worse=tuple(each for each in moved if each.by < 0),
    )


def compare_chief(before: GoldenRun, runs: Sequence[GoldenRun]) -> dict[UUID, Difference | None]:
    """The chief figure of each of ``runs`` against ``before``, by their ids; ``None`` where no question
    was judged alike in both."""
    first = {each.question_id: each for each in _judged(before)}
    found: dict[UUID, Difference | None] = {}
    for run in runs:
        pairs = _pairs(first, {each.question_id: each for each in _judged(run)})
        found[run.pk] = _difference(CHIEF, pairs) if pairs else None
    return found


def _pairs(
    first: Mapping[int, GoldenResult], second: Mapping[int, GoldenResult]
) -> list[tuple[GoldenResult, GoldenResult]]:
    return [
        (first[pk], second[pk])
        for pk in first
        if pk in second and first[pk].judged_by == second[pk].judged_by
    ]


def _judged(run: GoldenRun) -> list[GoldenResult]:
    results = GoldenResult.objects.filter(run=run, is_judged=True).select_related("question")
    return list(results.defer("top").order_by("question_id"))


def _difference(name: str, pairs: Sequence[tuple[GoldenResult, GoldenResult]]) -> Difference:
    old = np.array([each.scores.get(name, 0.0) for each, _other in pairs])
    new = np.array([each.scores.get(name, 0.0) for _other, each in pairs])
    low, high = np.percentile(_means(new - old), [2.5, 97.5])
    numbers = (old.mean(), new.mean(), (new - old).mean(), low, high)
    return Difference(name, *(round(float(number), 4) for number in numbers))


def _moved(old: GoldenResult, new: GoldenResult) -> Moved:
    by = new.scores.get(CHIEF, 0.0) - old.scores.get(CHIEF, 0.0)
    return Moved(new.question, old.rank, new.rank, round(by, 4))
