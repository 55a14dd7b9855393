"""Measuring a collection's retrieval against a golden set."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingestion.beir import Query
from ingestion.finding import Found, find
from ingestion.models import Collection, Document
from ingestion.reranked import load_reranker
from search.metrics import mrr, ndcg, recall
from search.types import Mode


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over the judged queries, each in 0..1; latencies of one search in milliseconds."""

    queries: int
    documents: int
    ndcg_at_10: float
    recall_at_1: float
    recall_at_5: float
    recall_at_10: float
    mrr_at_10: float
    p50_ms: float
    p95_ms: float


def evaluate(
    queries: Sequence[Query],
    collection: Collection,
    *,
    k: int = 10,
    mode: Mode = "hybrid",
    on_each: Callable[[Query, Found], None] | None = None,
) -> Scores:
    """Searches every query and averages over those with judgements. ``on_each`` sees each result.

    Three times ``k`` passages are asked for, since several of them may come from one document.
    """
    external = {
        str(pk): outer or name
        for pk, outer, name in collection.documents.values_list("pk", "external_id", "name")
    }
    rows: list[tuple[float, float, float, float, float]] = []
    times: list[float] = []
    load_reranker()
    for query in queries:
        found = find(query.text, [collection], k=3 * k, mode=mode)
        times.append(found.took_ms)
        if on_each is not None:
            on_each(query, found)
        if not query.relevant:
            continue
        ranking = [external[passage.document_id] for passage in found.passages]
        relevant = query.relevant
        rows.append(
            (
                ndcg(ranking, relevant, 10),
                recall(ranking, relevant, 1),
                recall(ranking, relevant, 5),
                recall(ranking, relevant, 10),
                mrr(ranking, relevant, 10),
            )
        )
    means = [sum(column) / len(rows) for column in zip(*rows, strict=True)] if rows else [0.0] * 5
    ready = collection.documents.filter(status=Document.Status.READY).count()
    ndcg_10, recall_1, recall_5, recall_10, mrr_10 = means
    p50, p95 = percentile(times, 50), percentile(times, 95)
    return Scores(len(queries), ready, ndcg_10, recall_1, recall_5, recall_10, mrr_10, p50, p95)


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile; 0 for no values."""
    if not values:
        return 0.0
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[int(rank) - 1]
