"""Two answers to one question: which are there, and which one somebody found better."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
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
    return list(_beside(answer).filter(status__in=_COMPARED))


def pair_with(answer: Message, other_id: UUID | None) -> tuple[Message, Message] | None:
    """``answer`` and the other version, by default the newest, the older one first; ``None`` where there is
    no other yet. One that is named may have failed. Raises ``NotYours`` for an id that is none of its
    versions."""
    if other_id is None:
        other = _beside(answer).filter(status__in=_COMPARED).last()
        if other is None:
            return None
    else:
        other = _beside(answer).filter(pk=other_id).first()
        if other is None:
            raise NotYours(_("These are not two answers to the same question."))
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
        _show_better(pair, choice)
        if is_new:
            choice.collections.set(selectors.searched_collections(pair[0].conversation))
    return choice


def _show_better(pair: tuple[Message, Message], choice: Comparison) -> None:
    """In the conversation, where nobody went on from the other one."""
    better = better_of(pair, choice)
    if better is None or any(answer.children.exists() for answer in pair):
        return
    for answer in pair:
        answer.is_beside = answer.pk != better.pk
        answer.save(update_fields=["is_beside"])


def better_of(pair: tuple[Message, Message], choice: Comparison | None) -> Message | None:
    """Which of the two was chosen."""
    places = {"first": 0, "second": 1}
    return pair[places[choice.chosen]] if choice and choice.chosen in places else None


def shown_of(pair: tuple[Message, Message], choice: Comparison | None) -> Message | None:
    """The chosen one, where the conversation shows it."""
    better = better_of(pair, choice)
    return better if better and not better.is_beside else None


def _beside(answer: Message) -> QuerySet[Message]:
    same = Message.objects.filter(parent_id=answer.parent_id, role=Message.Role.ASSISTANT)
    same = same.filter(conversation_id=answer.conversation_id).exclude(pk=answer.pk)
    return same.select_related("conversation__owner").order_by("ordinal")


def _key(pair: tuple[Message, Message]) -> str:
    return " ".join(f"{answer.pk.hex}-{answer.attempt}" for answer in pair)
