"""Writes about shared links."""

from datetime import timedelta
from typing import Literal, get_args
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.errors import ChatError, StillWriting
from chat.models import Conversation, Message
from chat.sharing.models import SharedLink
from chat.turns import turns_of

Term = Literal["1", "7", "30", "never"]
TERMS: tuple[Term, ...] = get_args(Term)


class NothingToShare(ChatError):
    """The conversation has no answer yet."""

    code = "nothing_to_share"


class BadTerm(ChatError):
    """A link is to hold for a time that is not offered."""

    code = "bad_term"


def switched_off() -> str:
    return _("The administrator has switched sharing off on this site.")


def share(*, conversation: Conversation, term: str, through: UUID | None = None) -> SharedLink:
    """A link to the branch that holds the message ``through``, else the newest, as it is now, for ``term``
    days. Raises ``NothingToShare``, ``StillWriting`` and ``BadTerm``."""
    if term not in TERMS:
        raise BadTerm(_("A link can hold for 1, 7 or 30 days, or until you withdraw it (“never”)."))
    expires = None if term == "never" else timezone.now() + timedelta(days=int(term))
    with transaction.atomic():
        # While it is held, no answer is begun anew in its place.
        held = Conversation.objects.select_for_update().get(pk=conversation.pk)
        return SharedLink.objects.create(
            owner=conversation.owner,
            conversation=held,
            title=held.title,
            until=_last_answer(held, through),
            expires_at=expires,
        )


def _last_answer(conversation: Conversation, through: UUID | None) -> Message:
    turns = turns_of(conversation, through)
    if not turns:
        raise NothingToShare(_("There is nothing to share yet: ask a question first."))
    until: Message = turns[-1].answer
    if until.is_live:
        raise StillWriting(
            _("The last answer is still being written: share the conversation when it is complete.")
        )
    return until


def withdraw(*, link: SharedLink) -> None:
    """Whoever opens the address from now on reads that it was withdrawn."""
    if link.withdrawn_at is None:
        link.withdrawn_at = timezone.now()
        link.save(update_fields=["withdrawn_at"])
