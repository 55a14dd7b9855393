"""Whether the documents that a verified answer rests on are as they were when it was verified.

It is asked when it matters, from what documents tell of themselves, so that no change can be missed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chat.verified.models import VerifiedAnswer
from ingestion import history, selectors


@dataclass(frozen=True, slots=True)
class Change:
    """A source whose text was replaced, ``at`` when, or that is gone."""

    document_id: str
    document: str
    kind: Literal["changed", "gone"]
    at: datetime | None = None


def changes(answers: Iterable[VerifiedAnswer]) -> dict[UUID, list[Change]]:
    """By the answers' ids, what happened to their sources since they were verified; two queries. Answers that
    are to be reviewed have something here, the others nothing."""
    answers = list(answers)
    cited = {each["document_id"] for answer in answers for each in answer.citations}
    if not cited:
        return {}
    there, replaced = selectors.still_there(cited), history.last_replaced(cited)
    found = {answer.pk: _changes_of(answer, there, replaced) for answer in answers}
    return {pk: told for pk, told in found.items() if told}


def no_longer_said(
    citations: Sequence[Mapping[str, Any]], changed: Sequence[Change]
) -> list[Mapping[str, Any]]:
    """Those whose words do not stand in the text of their changed document any more; white space apart."""
    ids = [each.document_id for each in changed if each.kind == "changed"]
    texts = {name: " ".join(text.split()) for name, text in selectors.texts_of(ids).items()}
    return [
        each
        for each in citations
        if each["document_id"] in texts and " ".join(each["quote"].split()) not in texts[each["document_id"]]
    ]


def _changes_of(answer: VerifiedAnswer, there: set[str], replaced: dict[str, datetime]) -> list[Change]:
    names = {each["document_id"]: each["document"] for each in answer.citations}
    told: list[Change] = []
    for document_id, name in names.items():
        at = replaced.get(document_id)
        if document_id not in there:
            told.append(Change(document_id, name, "gone"))
        elif at is not None and at > answer.verified_at:
            told.append(Change(document_id, name, "changed", at))
    return told
