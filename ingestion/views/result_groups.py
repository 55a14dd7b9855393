"""Search results as the page shows them: each document once, at its best passage."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict

from ingestion.finding import FoundPassage
from ingestion.views.filter_chips import address


@dataclass(frozen=True, slots=True)
class Group:
    """``more`` are further passages of the same document, in rank order; ``url_of_all`` is the same search in
    that document only, where it has passages that are not here."""

    best: FoundPassage
    more: list[FoundPassage]
    rank: int
    params: QueryDict | None = None

    @property
    def url_of_all(self) -> str:
        has_others = self.best.passages_in_document > 1 + len(self.more)
        if self.params is None or not has_others:
            return ""
        return address(self.params, doc=self.best.document_id)


def by_document(passages: Sequence[FoundPassage], params: QueryDict | None = None) -> list[Group]:
    """Groups in the order of their best passages; ranks count from 1. ``params`` are those of the search, of
    which each group can be searched alone."""
    groups: dict[str, Group] = {}
    for passage in passages:
        group = groups.get(passage.document_id)
        if group is None:
            groups[passage.document_id] = Group(passage, [], len(groups) + 1, params)
        else:
            group.more.append(passage)
    return list(groups.values())
