"""Synonyms of the collections in a search: each collection's own, for its own passages."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from ingestion.models import Collection, Generation
from search.synonyms import BadSynonyms, Expanded, expand, parse
from search.types import Wanted

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Widened:
    """By index id, what the question becomes there; indexes without a synonym in it are absent."""

    by_index: Mapping[str, Expanded] = field(default_factory=dict)

    @classmethod
    def of(
        cls, query: str, collections: Sequence[Collection], generations: Mapping[UUID, Generation]
    ) -> "Widened":
        found: dict[str, Expanded] = {}
        for collection in collections:
            generation = generations.get(collection.pk)
            if not collection.synonyms or generation is None:
                continue
            try:
                expanded = expand(query, parse(collection.synonyms))
            except BadSynonyms as error:
                log.warning("the synonyms of %s are left out: %s", collection, error)
                continue
            if expanded is not None:
                found[generation.index_id] = expanded
        return cls(found)

    @property
    def wanted(self) -> dict[str, Wanted]:
        return {index_id: expanded.wanted for index_id, expanded in self.by_index.items()}

    def marked(self, query: str, index_id: str) -> str:
        """The question with its synonyms, to mark both in a passage of this index."""
        expanded = self.by_index.get(index_id)
        if expanded is None:
            return query
        return " ".join([query, *(other for others in expanded.added.values() for other in others)])

    def as_held(self, query: str, synonyms: Sequence[tuple[str, str]]) -> str:
        """The question in the words of a passage that holds these ``synonyms`` instead of what was asked."""
        for asked, other in synonyms:
            query = query.replace(asked, f" {other} ", 1)
        return query

    def in_text(self, text: str, index_id: str) -> tuple[tuple[str, str], ...]:
        """The synonyms that a passage of this index holds, each behind what was asked."""
        expanded = self.by_index.get(index_id)
        if expanded is None:
            return ()
        folded = text.casefold()
        return tuple(
            (asked, other)
            for asked, others in expanded.added.items()
            for other in others
            if other.casefold() in folded
        )
