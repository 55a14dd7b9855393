"""Answers that people found good as material for golden sets: the question, and what its answer cited.

Administrators see everybody's, others their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import Action
from chat.feedback.models import Feedback
from chat.feedback.snapshots import asked
from ingestion.access import Person, collections_for
from ingestion.golden_sets import Right, add_question, digest_of
from ingestion.models import Document, GoldenSet

_LOOKED_AT = 500
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Rated:
    """``text`` stands alone. ``documents`` are the titles of what the answer cited of the set's collection.
    ``refused`` answers that people found right say that nothing answers the question."""

    id: UUID
    text: str
    documents: tuple[str, ...]
    refused: bool
    feedback: Feedback


def liked_about(user: User, golden_set: GoldenSet) -> list[Rated]:
    """Thumbs up on answers about the set's collection, the newest first, each question once, without those
    that the set has."""
    known = set(golden_set.questions.values_list("digest", flat=True))
    liked = list(_liked(user, golden_set)[:_LOOKED_AT])
    cited = {each["document_id"] for one in liked for each in one.shown["citations"]}
    there = Document.objects.filter(pk__in=cited, collection=golden_set.collection)
    names = {str(one.pk): one.shown_title for one in there}
    found: dict[str, Rated] = {}
    for one in liked:
        rated = _rated(one, names)
        digest = digest_of(rated.text)
        if digest not in known and digest not in found and (rated.documents or rated.refused):
            found[digest] = rated
    return list(found.values())[:_SHOWN]


def take_over(*, user: User, golden_set: GoldenSet, feedback_ids: Sequence[UUID]) -> int:
    """Adds the questions with the passages that their answers cited, and says how many. Those that ``user``
    may not see are left out. Raises ``BadGoldenSet``."""
    wanted = set(feedback_ids)
    taken = 0
    for rated in liked_about(user, golden_set):
        if rated.id in wanted:
            add_question(
                golden_set=golden_set,
                text=rated.text,
                is_answerable=not rated.refused,
                rights=_rights(rated.feedback, golden_set),
            )
            taken += 1
    return taken


def sets_for(user: Person, feedback: Feedback) -> list[GoldenSet]:
    """Those of the answer's collections that ``user`` may change, where it can be taken over."""
    if feedback.thumb != Feedback.Thumb.UP:
        return []
    concerned = feedback.collections.filter(pk__in=collections_for(user, Action.EDIT).values("pk"))
    return list(GoldenSet.objects.filter(collection__in=concerned).select_related("collection"))


def _liked(user: User, golden_set: GoldenSet) -> QuerySet[Feedback]:
    liked = Feedback.objects.filter(thumb=Feedback.Thumb.UP, collections=golden_set.collection)
    return liked if user.is_superuser else liked.filter(by=user)


def _rated(feedback: Feedback, names: dict[str, str]) -> Rated:
    shown = feedback.shown
    cited = dict.fromkeys(each["document_id"] for each in shown["citations"] if each["document_id"] in names)
    titles = tuple(names[pk] for pk in cited)
    return Rated(feedback.pk, asked(shown), titles, bool(shown["refused"]), feedback)


def _rights(feedback: Feedback, golden_set: GoldenSet) -> list[Right]:
    citations = feedback.shown["citations"]
    cited = {each["document_id"] for each in citations}
    documents = {str(one.pk): one for one in golden_set.collection.documents.filter(pk__in=cited)}
    return [
        Right(documents[each["document_id"]], "", each["start"], each["end"], each["quote"])
        for each in citations
        if each["document_id"] in documents
    ]
