"""Writes of feedback. The caller has made sure that the answer is in a conversation of ``by``'s."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from chat import selectors
from chat.feedback import reasons as known_reasons
from chat.feedback.errors import BadFeedback, NotFinished
from chat.feedback.models import Comparison, Feedback
from chat.feedback.snapshots import snapshot
from chat.models import Message

LONGEST_COMMENT = 2000
LONGEST_ANSWER = 20_000
SCORES = ("accuracy", "ethics", "satisfaction")


@dataclass(frozen=True, slots=True)
class Details:
    """What may be said besides the thumb; everything may be left out."""

    reasons: Sequence[str] = ()
    comment: str = ""
    accuracy: int | None = None
    ethics: int | None = None
    satisfaction: int | None = None
    better_answer: str = ""


def rate(*, by: User, answer: Message, thumb: str) -> Feedback:
    """Stores the thumb, or turns it; reasons that do not fit the new one go. Raises ``NotFinished`` and
    ``BadFeedback``."""
    if thumb not in Feedback.Thumb.values:
        raise BadFeedback(_("Say “up” or “down”."))
    refuse_unfinished(answer)
    shown = snapshot(answer)
    with transaction.atomic():
        feedback, is_new = Feedback.objects.select_for_update().get_or_create(
            by=by,
            answer_id=answer.pk,
            attempt=answer.attempt,
            defaults={
                "message": answer,
                "thumb": thumb,
                "question": shown["question"],
                "answer": answer.text,
                "model": answer.model,
                "shown": shown,
            },
        )
        if is_new:
            feedback.collections.set(selectors.searched_collections(answer.conversation))
        elif feedback.thumb != thumb:
            feedback.thumb = thumb
            feedback.reasons = known_reasons.fitting(thumb, feedback.reasons)
            feedback.save(update_fields=["thumb", "reasons", "updated_at"])
    return feedback


def detail(*, feedback: Feedback, details: Details) -> None:
    """Raises ``BadFeedback``, with nothing changed."""
    comment, better = _clean(details.comment), _clean(details.better_answer)
    if len(comment) > LONGEST_COMMENT:
        raise BadFeedback(_too_long(_("Your words"), len(comment), LONGEST_COMMENT))
    if len(better) > LONGEST_ANSWER:
        raise BadFeedback(_too_long(_("The better answer"), len(better), LONGEST_ANSWER))
    feedback.reasons = known_reasons.fitting(feedback.thumb, details.reasons)
    feedback.comment = comment
    feedback.better_answer = "" if better == feedback.answer.strip() else better
    for name in SCORES:
        setattr(feedback, name, _score(getattr(details, name)))
    feedback.save(update_fields=["reasons", "comment", "better_answer", *SCORES, "updated_at"])


def withdraw(*, feedback: Feedback | Comparison) -> None:
    """It is gone, with its snapshot."""
    feedback.delete()


def refuse_unfinished(answer: Message) -> None:
    """Raises ``NotFinished``."""
    if answer.status != Message.Status.DONE:
        raise NotFinished(_("Only a finished answer can be rated: wait for it, or have it written again."))


def _score(given: int | None) -> int | None:
    if given is not None and not 1 <= given <= 5:
        raise BadFeedback(_("A score is a whole number from 1 to 5."))
    return given


def _clean(text: str) -> str:
    return text.replace("\x00", "").replace("\r\n", "\n").strip()


def _too_long(what: str, length: int, limit: int) -> str:
    said = _("%(what)s: %(length)d characters; at most %(limit)d are allowed. Shorten it.")
    return said % {"what": what, "length": length, "limit": limit}
