"""Reads of feedback: one's own, and for administrators everybody's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import User
from chat.feedback.errors import NotYours
from chat.feedback.models import Comparison, Feedback
from chat.models import Message
from chat.selectors import conversations_of
from ingestion.access import Person

_KEY = "_feedback_given"


def answer_to_rate(user: Person, message_id: UUID) -> Message:
    """An answer in a conversation of ``user``'s own. Raises ``NotYours``."""
    own = Message.objects.filter(conversation__in=conversations_of(user), role=Message.Role.ASSISTANT)
    answer = own.select_related("conversation__owner").filter(pk=message_id).first()
    if answer is None:
        raise NotYours(
            _("Only answers in your own conversations can be rated: this one is in somebody else's, or was "
              "deleted.")
        )  # fmt: skip
    return answer


def remember(answers: Iterable[Message]) -> None:
    """Looks up at once what was said of all ``answers``, and keeps with each what there is."""
    answers = list(answers)
    found = Feedback.objects.filter(message__in=[answer.pk for answer in answers])
    given = {(each.answer_id, each.attempt): each for each in found}
    for answer in answers:
        vars(answer)[_KEY] = given.get((answer.pk, answer.attempt))


def given_on(answer: Message) -> Feedback | None:
    """What its person said of it; without ``remember`` nothing is known."""
    found: Feedback | None = vars(answer).get(_KEY)
    return found


def own(user: User) -> QuerySet[Feedback]:
    return Feedback.objects.filter(by=user).select_related("message").order_by("-created_at")


def own_comparisons(user: User) -> QuerySet[Comparison]:
    return Comparison.objects.filter(by=user).order_by("-created_at")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which feedback an administrator asks for; what is empty does not narrow. ``until`` is included."""

    thumb: str = ""
    reason: str = ""
    model: str = ""
    collection: str = ""
    since: date | None = None
    until: date | None = None
    text: str = ""
    better: bool = False


def rated(wanted: Wanted) -> QuerySet[Feedback]:
    """The newest first, with who gave it."""
    found = Feedback.objects.select_related("by").prefetch_related("collections").filter(_dated(wanted))
    if wanted.thumb:
        found = found.filter(thumb=wanted.thumb)
    if wanted.reason:
        # Codes are plain words, none of which is a part of another one with its quotation marks.
        found = found.filter(reasons__icontains=f'"{wanted.reason}"')
    if wanted.model:
        found = found.filter(model=wanted.model)
    if wanted.collection:
        found = found.filter(collections__slug=wanted.collection)
    if wanted.better:
        found = found.exclude(better_answer="")
    for word in wanted.text.split():
        columns = ("question", "answer", "comment", "better_answer")
        found = found.filter(_any(Q(**{f"{column}__icontains": word}) for column in columns))
    return found


def compared(wanted: Wanted) -> QuerySet[Comparison]:
    """By what a choice has: model, collection, days and words."""
    found = Comparison.objects.select_related("by").prefetch_related("collections").filter(_dated(wanted))
    if wanted.model:
        found = found.filter(Q(first__model=wanted.model) | Q(second__model=wanted.model))
    if wanted.collection:
        found = found.filter(collections__slug=wanted.collection)
    for word in wanted.text.split():
        columns = ("question", "first__answer", "second__answer", "comment")
        found = found.filter(_any(Q(**{f"{column}__icontains": word}) for column in columns))
    return found


def summary(found: QuerySet[Feedback]) -> dict[str, Any]:
    """How many there are, how many thumbs up, and the mean of each score."""
    narrowed = Feedback.objects.filter(pk__in=found.order_by().values("pk"))
    return narrowed.aggregate(
        total=Count("pk"),
        up=Count("pk", filter=Q(thumb="up")),
        better=Count("pk", filter=~Q(better_answer="")),
        accuracy=Avg("accuracy"),
        ethics=Avg("ethics"),
        satisfaction=Avg("satisfaction"),
    )


def models_named() -> list[str]:
    """What wrote the answers that there is feedback on, compared ones too."""
    names = set(Feedback.objects.order_by().values_list("model", flat=True).distinct())
    for pair in Comparison.objects.order_by().values_list("first__model", "second__model").distinct():
        names.update(pair)
    return sorted(name for name in names if name)


def one(feedback_id: UUID) -> Feedback:
    """For administrators. Raises ``Http404``."""
    found = Feedback.objects.select_related("by").filter(pk=feedback_id).first()
    if found is None:
        raise Http404(_("There is no such feedback: it was withdrawn."))
    return found


def one_comparison(comparison_id: UUID) -> Comparison:
    """For administrators. Raises ``Http404``."""
    found = Comparison.objects.select_related("by").filter(pk=comparison_id).first()
    if found is None:
        raise Http404(_("There is no such feedback: it was withdrawn."))
    return found


def _dated(wanted: Wanted) -> Q:
    dated = Q()
    if wanted.since:
        dated &= Q(created_at__date__gte=wanted.since)
    if wanted.until:
        dated &= Q(created_at__date__lte=wanted.until)
    return dated


def _any(conditions: Iterable[Q]) -> Q:
    joined = Q()
    for condition in conditions:
        joined |= condition
    return joined
