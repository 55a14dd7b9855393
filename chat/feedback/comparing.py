"""Two answers to one question: which are there, and which one somebody found better."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from chat import selectors
from chat.feedback.errors import BadFeedback, NotYours
from chat.feedback.models import Comparison
from chat.feedback.services import LONGEST_COMMENT, refuse_unfinished
from chat.feedback.snapshots import snapshot
from chat.models import LIVE, Message

_COMPARED = (Message.Status.DONE, *LIVE)


def others(answer: Message) -> list[Message]:
    """The other versions of ``answer`` that can be compared with it, the oldest first."""
    same = Message.objects.filter(parent_id=answer.parent_id, status__in=_COMPARED)
    same = same.filter(role=Message.Role.ASSISTANT, conversation_id=answer.conversation_id)
    return list(same.exclude(pk=answer.pk).select_related("conversation__owner").order_by("ordinal"))


def pair_with(answer: Message, other_id: UUID | None) -> tuple[Message, Message] | None:
    """``answer`` and the other version, by default the newest, the older one first; ``None`` where there is
    no other yet. Raises ``NotYours`` for an id that is none of its versions."""
    beside = others(answer)
    if other_id is None:
        if not beside:
            return None
        other = beside[-1]
    else:
        found = next((each for each in beside if each.pk == other_id), None)
        if found is None:
            raise NotYours(_("These are not two answers to the same question."))
        other = found
    return (answer, other) if answer.ordinal < other.ordinal else (other, answer)


def chosen_of(by: User, pair: tuple[Message, Message]) -> Comparison | None:
    return Comparison.objects.filter(by=by, pair=_key(pair)).first()


def choose(*, by: User, pair: tuple[Message, Message], chosen: str, comment: str = "") -> Comparison:
    """Stores the choice, or changes it; both answers are kept as they are now. The caller has made sure that
    they are in a conversation of ``by``'s. Raises ``NotFinished`` and ``BadFeedback``."""
    comment = comment.replace("\x00", "").strip()
    if chosen not in Comparison.Chosen.values:
        raise BadFeedback(_("Choose the first, the second or neither."))
    if len(comment) > LONGEST_COMMENT:
        said = _("Your words have %(length)d characters; at most %(limit)d are allowed. Shorten them.")
        raise BadFeedback(said % {"length": len(comment), "limit": LONGEST_COMMENT})
    for answer in pair:
        refuse_unfinished(answer)
    first, second = (snapshot(answer) for answer in pair)
    with transaction.atomic():
        choice, is_new = Comparison.objects.update_or_create(
            by=by,
            pair=_key(pair),
            defaults={"message": pair[0], "chosen": chosen, "comment": comment}
            | {"question": first["question"], "first": first, "second": second},
        )
        if is_new:
            choice.collections.set(selectors.searched_collections(pair[0].conversation))
    return choice


def _key(pair: tuple[Message, Message]) -> str:
    return " ".join(f"{answer.pk.hex}-{answer.attempt}" for answer in pair)
