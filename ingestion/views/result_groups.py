"""Search results as the page shows them: each document once, at its best passage."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.finding import FoundPassage


@dataclass(frozen=True, slots=True)
class Group:
    """``more`` are further passages of the same document, in rank order."""

    best: FoundPassage
    more: list[FoundPassage]
    rank: int


def by_document(passages: Sequence[FoundPassage]) -> list[Group]:
    """Groups in the order of their best passages; ranks count from 1."""
    groups: dict[str, Group] = {}
    for passage in passages:
        group = groups.get(passage.document_id)
        if group is None:
            groups[passage.document_id] = Group(passage, [], len(groups) + 1)
        else:
            group.more.append(passage)
    return list(groups.values())
