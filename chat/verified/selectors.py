"""Reads of verified answers: editors see those of their collections."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.roles import Action
from chat.models import Conversation, Message
from chat.rules.applying import Spec
from chat.rules.objecting import objections
from chat.rules.selectors import specs_for
from chat.verified import marks
from chat.verified.freshness import Change, changes
from chat.verified.marks import name_of
from chat.verified.models import VerifiedAnswer
from ingestion.access import Person, collections_for
from ingestion.models import Collection

_KEY = "_may_be_verified"


@dataclass(frozen=True, slots=True)
class Listed:
    """``changes`` are what happened to its sources, ``against`` what rules of the site say against it, in
    sentences: with any it is not given until somebody has reviewed it."""

    answer: VerifiedAnswer
    changes: list[Change]
    against: list[str]

    @property
    def is_waiting(self) -> bool:
        return bool(self.changes or self.against)


def of_collection(user: Person, collection: Collection, text: str = "") -> QuerySet[VerifiedAnswer]:
    """Those that ``user`` may edit (see ``get_verified``), the one verified last first; with the words of
    ``text`` in a question or the answer."""
    found = _editable_in(user, collection)
    for word in text.split():
        found = found.filter(Q(text__icontains=word) | Q(questions__text__icontains=word))
    found = found.select_related("verified_by").prefetch_related("questions", "collections")
    return found.distinct().order_by("-verified_at", "id")


def with_changes(answers: Iterable[VerifiedAnswer]) -> list[Listed]:
    """A few queries: those of ``freshness.changes``, and one for each set of collections."""
    answers = list(answers)
    told = changes(answers)
    rules: dict[frozenset[UUID], list[Spec]] = {}
    listed: list[Listed] = []
    for answer in answers:
        homes = list(answer.collections.all())
        key = frozenset(home.pk for home in homes)
        if key not in rules:
            rules[key] = specs_for(homes)
        listed.append(Listed(answer, told.get(answer.pk, []), objections(answer.text, rules[key])))
    return listed


def to_review(user: Person, collection: Collection) -> list[UUID]:
    """Ids of those that ``user`` may edit and that are not given until somebody has reviewed them."""
    found = _editable_in(user, collection).prefetch_related("collections")
    return [each.answer.pk for each in with_changes(found) if each.is_waiting]


def _editable_in(user: Person, collection: Collection) -> QuerySet[VerifiedAnswer]:
    """What quotes a further collection is not shown to who edits this one alone."""
    beyond = Collection.objects.exclude(pk__in=editable(user).values("pk"))
    here = VerifiedAnswer.objects.filter(collections=collection)
    return here.exclude(pk__in=here.filter(collections__in=beyond).values("pk"))


def get_verified(user: Person, verified_id: UUID) -> VerifiedAnswer:
    """For who may edit all its collections. Raises ``Http404``."""
    known = VerifiedAnswer.objects.select_related("verified_by").prefetch_related("questions", "collections")
    found = known.filter(pk=verified_id).first()
    if found is not None:
        own = {each.pk for each in found.collections.all()}
        may = set(collections_for(user, Action.EDIT).filter(pk__in=own).values_list("pk", flat=True))
        if own and own == may:
            return found
    raise Http404(_("There is no such verified answer, or you may not edit it."))


def editable(user: Person) -> QuerySet[Collection]:
    """Collections in which ``user`` may verify answers."""
    return collections_for(user, Action.EDIT)


def remember(answers: Iterable[Message]) -> None:
    """Notes at each answer whether its person may verify it: edits a collection of its conversation; and who
    verified it."""
    answers = list(answers)
    marks.remember(answers)
    may: dict[UUID, bool] = {}
    for answer in answers:
        conversation = answer.conversation_id
        if conversation not in may:
            may[conversation] = _may_verify(answer.conversation)
        vars(answer)[_KEY] = may[conversation]


def may_verify(answer: Message) -> bool:
    """Without ``remember`` nobody may."""
    return bool(vars(answer).get(_KEY))


def _may_verify(conversation: Conversation) -> bool:
    searched = conversation.collections.values("pk")
    return editable(conversation.owner).filter(pk__in=searched).exists()


def verified_out(listed: Listed) -> dict[str, Any]:
    """As the API shows it."""
    answer = listed.answer
    return {
        "id": str(answer.pk),
        "questions": answer.phrasings,
        "answer": answer.text,
        "citations": answer.citations,
        "collections": [each.slug for each in answer.collections.all()],
        "verified_by": name_of(answer.verified_by),
        "verified_at": answer.verified_at,
        "given": answer.given_count,
        "to_review": [{"document": each.document, "kind": each.kind} for each in listed.changes],
        "against_rules": listed.against,
    }
