"""The first passages in the order that a reranker gives them, where the site has one."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from ingestion.ordered import Read, context
from search import registry
from search.errors import RerankerUnavailable


def reranked(query: str, found: Sequence[Read]) -> tuple[list[Read], tuple[str, ...]]:
    """The passages, and what a person should know. The scores stay at their places, so that they fall from
    the first to the last; equal ones of the reranker leave the order as it is."""
    reranker = registry.reranker()
    if reranker is None or len(found) < 2:
        return list(found), ()
    first, rest = found[: reranker.depth], found[reranker.depth :]
    notes: tuple[str, ...] = ()
    texts = ["\n".join(part for part in (context(chunk), chunk.text) if part) for _hit, chunk in first]
    try:
        scores = reranker.scores(query, texts)
    except RerankerUnavailable as error:
        return list(found), (str(error),)
    if len(scores) < len(first):
        said = _(
            "The reranker had time for the first %(done)d of %(all)d results; the others keep their order."
        )
        notes = (said % {"done": len(scores), "all": len(first)},)
        first, rest = found[: len(scores)], found[len(scores) :]
    arranged = sorted(zip(scores, first, strict=True), key=lambda item: -item[0])
    placed = [
        (hit._replace(score=place.score, reranked=score), chunk)
        for (score, (hit, chunk)), (place, _chunk) in zip(arranged, first, strict=True)
    ]
    return [*placed, *rest], notes


def load_reranker() -> None:
    """Waits until the site's reranker, if there is one, is loaded or turns out not to load: for measurements,
    which are to be alike from the first question on."""
    reranker = registry.reranker()
    loading = reranker.load_soon() if reranker else None
    if loading:
        loading.join()
