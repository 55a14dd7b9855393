"""The ranking of a search as far as it is shown: ready documents, phrases, pages, and the newest first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from django.db.models import QuerySet

from ingestion import selectors
from ingestion.document_dates import day_of
from ingestion.models import Chunk, Collection, Document
from ingestion.ordered import Read, ordered
from ingestion.reranked import reranked
from search.matching import belongs
from search.ordering import LOOKED_AT, arranged
from search.query_language import Asked
from search.retrieval import Result, depth_for
from search.types import Hit, Mode

_DEEPEST = 5000
# Passages that are looked at word by word, at the most, and in one query.
_DEEPEST_READ = 1000
_AT_ONCE = 50
BY_DATE = 100

Sort = Literal["relevance", "date"]
SORTS: tuple[Sort, ...] = ("relevance", "date")


@dataclass(frozen=True, slots=True)
class Ranked:
    """A search that can be asked for more, and what a passage must be to count."""

    search: Callable[..., Result]
    asked: Asked
    within: QuerySet[Document] | None
    collections: Sequence[Collection]
    mode: Mode
    index_ids: Sequence[str]
    weights: Mapping[str, float] = field(default_factory=dict)
    widened: frozenset[str] = frozenset()

    def part(self, k: int, offset: int, sort: Sort) -> tuple[Result, list[Read]]:
        """The ranked passages from the best one on, one more than are shown, so that it is known whether
        others follow. Newest first are those of the best hundred that score at least a third of the best."""
        if sort == "relevance":
            return self._by_relevance(offset + k + 1, depth_for(k))
        result, found = self._first(BY_DATE, depth_for(BY_DATE))
        found = self._ordered(found)
        enough = found[0][0].score / 3 if found else 0.0
        dated = [item for item in found[:BY_DATE] if item[0].score >= enough]
        selectors.read_days([chunk.document for _hit, chunk in dated])
        dated.sort(key=lambda item: day_of(item[1].document), reverse=True)
        return result, dated

    def _by_relevance(self, wanted: int, depth: int) -> tuple[Result, list[Read]]:
        """At least ``wanted``, if there are so many. Every page cuts its part out of one ranking, which
        depends a little on how deep it goes; so what was found less deep stays in front of the rest."""
        result, found = self._first(max(min(wanted, depth), LOOKED_AT), depth)
        result, found = self._reranked(result, self._ordered(found))
        while len(found) >= depth and wanted > depth:
            front, depth = found[:depth], 4 * depth
            found = _behind(front, self._first(min(wanted, depth), depth)[1])
        return result, found

    def _ordered(self, found: list[Read]) -> list[Read]:
        """Who asks for words or for meaning alone gets just that."""
        if self.mode != "hybrid":
            return found
        return ordered(self.asked.text, found, self.index_ids, self.weights, self.widened)

    def _reranked(self, result: Result, found: list[Read]) -> tuple[Result, list[Read]]:
        if self.mode != "hybrid":
            return result, found
        found, notes = reranked(self.asked.text, found)
        return (replace(result, notes=(*result.notes, *notes)) if notes else result), found

    def _first(self, k: int, depth: int) -> tuple[Result, list[Read]]:
        """The first ``k`` hits, or more, whose documents are ready and pass the filters, and that hold the
        phrases. The indexes may also hold passages of documents in work, or on their way out; where those, or
        passages that do not belong, crowd out others, it asks again for more."""
        wanted, deepest = k, _DEEPEST_READ if self.asked.needs_text else _DEEPEST
        while True:
            by_words = bool(self.asked.phrases) and self.mode != "dense"
            is_hybrid = self.mode == "hybrid"
            result = self.search(k=2 * depth if by_words or is_hybrid else wanted, depth=depth)
            # Where both sides were asked, either of them may have had more than it handed over.
            hits, is_all = result.hits, len(result.hits) < (depth if is_hybrid else wanted)
            if by_words and not result.degraded:
                # What only vectors found does not hold all terms of the phrases.
                hits = tuple(hit for hit in hits if hit.lexical is not None)
                is_all = len(hits) < depth
            found = self._counting(arranged(hits) if is_hybrid else hits, k)
            if len(found) >= k or is_all or wanted >= deepest:
                return result, found
            wanted *= 8
            depth = max(depth, depth_for(wanted))

    def _counting(self, hits: Sequence[Hit], k: int) -> list[Read]:
        """Those of ``hits`` that count, at least ``k`` if there are so many; no more are read than needed."""
        step = max(k, _AT_ONCE if self.asked.needs_text else 1)
        found: list[Read] = []
        for start in range(0, len(hits), step):
            some = hits[start : start + step]
            chunks = selectors.passages_by_id(
                [hit.chunk_id for hit in some], within=self.within, collections=self.collections
            )
            read = [(hit, chunks[hit.chunk_id]) for hit in some if hit.chunk_id in chunks]
            found += [item for item in read if not self.asked.needs_text or _belongs(item[1], self.asked)]
            if len(found) >= k:
                break
        return found


def _behind(front: Sequence[Read], deeper: Sequence[Read]) -> list[Read]:
    """``front``, and those of ``deeper`` that are not in it, with scores that go on falling."""
    known = {hit.chunk_id for hit, _chunk in front}
    rest = [item for item in deeper if item[0].chunk_id not in known]
    if not rest:
        return list(front)
    scale = min(front[-1][0].score / max(rest[0][0].score, 1e-9), 1.0)
    return [*front, *((hit._replace(score=hit.score * scale), chunk) for hit, chunk in rest)]


def _belongs(chunk: Chunk, asked: Asked) -> bool:
    parts = [chunk.text, chunk.document.title, chunk.heading, chunk.table]
    return belongs([part for part in parts if part], asked.phrases, asked.excluded)
