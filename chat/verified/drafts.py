"""What a form of a verified answer begins with: an answer of a chat, feedback, a stored one, or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import User
from chat import selectors as chat
from chat.feedback import selectors as feedback
from chat.feedback.snapshots import asked
from chat.models import Message
from chat.verified.freshness import Change, no_longer_said
from chat.verified.models import VerifiedAnswer
from chat.verified.selectors import editable
from ingestion.models import Collection


@dataclass(frozen=True, slots=True)
class Draft:
    """``own`` sources are cited by ``text``, ``further`` ones were at hand; ``collections`` are those that
    may be chosen, ``chosen`` their ids at first. ``lost`` are sources whose words their documents no longer
    hold."""

    questions: Sequence[str] = ()
    text: str = ""
    own: Sequence[Mapping[str, Any]] = ()
    further: Sequence[Mapping[str, Any]] = ()
    collections: Sequence[Collection] = field(default_factory=tuple)
    chosen: frozenset[UUID] = frozenset()
    lost: Sequence[Mapping[str, Any]] = ()


def of_answer(user: User, message_id: UUID) -> Draft:
    """Of ``user``'s own conversation. Raises ``Http404``, also where nothing of it may be edited."""
    answer = Message.objects.select_related("conversation__owner").filter(pk=message_id).first()
    if answer is None or answer.conversation.owner_id != user.pk:
        raise Http404(_("There is no such answer, or it is not yours."))
    searched = [each.pk for each in chat.searched_collections(answer.conversation)]
    question = answer.rewritten or chat.question_of(answer).text
    text = "" if answer.refused else answer.text
    return _draft(user, searched, (question,), text, answer.citations, answer.sources)


def of_feedback(user: User, feedback_id: UUID) -> Draft:
    """With the better answer where there is one; for administrators, and for who gave it. Raises
    ``Http404``."""
    given = feedback.one(feedback_id)
    if not user.is_superuser and given.by_id != user.pk:
        raise Http404(_("There is no such feedback: it was withdrawn."))
    shown = given.shown
    searched = [each.pk for each in given.collections.all()]
    text = given.better_answer or ("" if shown["refused"] else given.answer)
    return _draft(user, searched, (asked(shown),), text, shown["citations"], shown["sources"])


def of_stored(user: User, verified: VerifiedAnswer, changed: Sequence[Change] = ()) -> Draft:
    """``changed`` is what happened to its sources since."""
    return Draft(
        verified.phrasings,
        verified.text,
        verified.citations,
        collections=tuple(editable(user)),
        chosen=frozenset(each.pk for each in verified.collections.all()),
        lost=no_longer_said(verified.citations, changed),
    )


def of_nothing(user: User, collection: Collection, question: str) -> Draft:
    return Draft((question,) if question else (), "", (), (), (collection,), frozenset([collection.pk]))


def _draft(
    user: User,
    searched: Sequence[UUID],
    questions: Sequence[str],
    text: str,
    own: Sequence[Mapping[str, Any]],
    further: Sequence[Mapping[str, Any]],
) -> Draft:
    offered = tuple(editable(user).filter(pk__in=searched))
    if not offered:
        raise Http404(_("Only editors of a collection can verify answers about it."))
    names = {each["collection"] for each in own}
    chosen = [each.pk for each in offered if each.name in names] or [offered[0].pk]
    return Draft(questions, text, own, further, offered, frozenset(chosen))
