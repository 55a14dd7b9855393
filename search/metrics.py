"""Ranking quality, as trec_eval and BEIR define it: a document counts once, at its best rank.

``ranked`` is a list of document ids, best first, in which a document may turn up several times (once
for each of its passages). ``relevant`` gives each relevant document's gain; a gain of 0 or less means
not relevant.
"""

import math
from collections.abc import Mapping, Sequence


def _distinct(ranked: Sequence[str], k: int) -> list[str]:
    return list(dict.fromkeys(ranked))[:k]


def ndcg(ranked: Sequence[str], relevant: Mapping[str, float], k: int) -> float:
    """Normalised discounted cumulative gain of the first ``k`` documents, linear gain, 0 to 1.

    Sum of gain / log2(rank + 1), divided by that of the best possible ranking (Järvelin and Kekäläinen
    2002, as in trec_eval's ``ndcg_cut``). 0 where nothing is relevant.
    """
    gains = sorted((gain for gain in relevant.values() if gain > 0), reverse=True)[:k]
    best = sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains))
    if best == 0:
        return 0.0
    found = sum(
        max(relevant.get(document, 0.0), 0.0) / math.log2(rank + 2)
        for rank, document in enumerate(_distinct(ranked, k))
    )
    return found / best


def recall(ranked: Sequence[str], relevant: Mapping[str, float], k: int) -> float:
    """Share of the relevant documents among the first ``k``. 0 where nothing is relevant."""
    wanted = {document for document, gain in relevant.items() if gain > 0}
    if not wanted:
        return 0.0
    return len(wanted.intersection(_distinct(ranked, k))) / len(wanted)


def mrr(ranked: Sequence[str], relevant: Mapping[str, float], k: int) -> float:
    """1 / rank of the first relevant document among the first ``k``, else 0."""
    for rank, document in enumerate(_distinct(ranked, k), start=1):
        if relevant.get(document, 0.0) > 0:
            return 1 / rank
    return 0.0
