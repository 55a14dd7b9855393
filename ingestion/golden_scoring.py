"""How good a ranking is for one golden question.

A document that answers as a whole counts once, at its best rank, as in BEIR. Where a passage of it is the
right one, a hit must share at least half of the shorter of both, so that it holds however documents are cut;
other passages of that document count once, as not relevant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from django.db.models import F, Value
from django.db.models.functions import Substr

from ingestion.finding import FoundPassage
from ingestion.golden_matching import place_of
from ingestion.models import DocumentText, GoldenJudgement, GoldenQuestion
from search.metrics import mrr, ndcg, recall

FIGURES = ("ndcg@10", "recall@1", "recall@5", "recall@10", "mrr@10")


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int
    gain: int


@dataclass(frozen=True, slots=True)
class Target:
    """What is right in a document: all of it where there are no ``spans``."""

    gain: int
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """``rank`` counts from 1; 0 where nothing right was found."""

    rank: int
    values: dict[str, float]


def targets_of(question: GoldenQuestion) -> dict[str, Target]:
    """By the ids of documents; places are looked up where the text changed since they were judged."""
    found: dict[str, Target] = {}
    for judged in question.judgements.all():
        if judged.document_id is None:
            continue
        document = str(judged.document_id)
        before = found.get(document)
        place = _place(judged)
        if place is None or (before is not None and not before.spans):
            found[document] = Target(max(judged.gain, before.gain if before else 0))
            continue
        spans = before.spans if before else ()
        found[document] = Target(judged.gain, (*spans, Span(*place, judged.gain)))
    return found


def _place(judged: GoldenJudgement) -> tuple[int, int] | None:
    """Where the passage stands now; ``None`` for a whole document, or where its words are gone."""
    if judged.end <= judged.start or judged.document is None:
        return None
    there = (
        DocumentText.objects.filter(document=judged.document)
        .annotate(said=Substr(F("text"), judged.start + 1, Value(judged.end - judged.start)))
        .values_list("said", flat=True)
        .first()
    )
    if there is not None and there.split() == judged.quote.split():
        return judged.start, judged.end
    return place_of(judged.document, judged.quote)


def digest(question: GoldenQuestion) -> str:
    """Of the question and what is right for it."""
    rights = sorted(
        (str(each.document_id), each.start, each.end, each.gain) for each in question.judgements.all()
    )
    said = repr((question.digest, question.is_answerable, question.answers, rights))
    return blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def score(
    passages: Sequence[FoundPassage], targets: Mapping[str, Target], original: Mapping[str, str]
) -> Score:
    """``original`` gives the ids of documents of which those found are copies."""
    ranked = [unit for each in passages for unit in _units(each, targets, original)]
    relevant: dict[str, float] = {}
    for document, target in targets.items():
        if not target.spans:
            relevant[document] = target.gain
        relevant |= {_name(document, span): span.gain for span in target.spans}
    order = list(dict.fromkeys(ranked))
    rank = next((at for at, unit in enumerate(order, 1) if unit in relevant), 0)
    values = {
        "ndcg@10": ndcg(ranked, relevant, 10),
        "recall@1": recall(ranked, relevant, 1),
        "recall@5": recall(ranked, relevant, 5),
        "recall@10": recall(ranked, relevant, 10),
        "mrr@10": mrr(ranked, relevant, 10),
    }
    return Score(rank, {name: round(value, 6) for name, value in values.items()})


def _units(passage: FoundPassage, targets: Mapping[str, Target], original: Mapping[str, str]) -> list[str]:
    document = original.get(passage.document_id, passage.document_id)
    target = targets.get(document)
    if target is None or not target.spans:
        return [document]
    hit = [_name(document, span) for span in target.spans if _is_hit(passage, span)]
    return hit or [f"{document} elsewhere"]


def _is_hit(passage: FoundPassage, span: Span) -> bool:
    shared = min(passage.end, span.end) - max(passage.start, span.start)
    shorter = min(passage.end - passage.start, span.end - span.start)
    return shared > 0 and 2 * shared >= shorter


def _name(document: str, span: Span) -> str:
    return f"{document} {span.start}-{span.end}"
