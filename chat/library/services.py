"""Writes about whole conversations."""

from django.utils import timezone
from django.utils.translation import gettext as _

from chat.errors import ChatError
from chat.models import Conversation

MOST_TITLE_CHARS = 120


class BadTitle(ChatError):
    """A title that is empty or too long."""

    code = "bad_title"


def rename(*, conversation: Conversation, title: str) -> None:
    """Raises ``BadTitle``."""
    clean = " ".join(title.replace("\x00", "").split())
    if not clean:
        raise BadTitle(_("Type a title first."))
    if len(clean) > MOST_TITLE_CHARS:
        raise BadTitle(
            _("The title has %(length)d characters; at most %(limit)d are allowed. Shorten it.")
            % {"length": len(clean), "limit": MOST_TITLE_CHARS}
        )
    conversation.title = clean
    conversation.save(update_fields=["title"])


def archive(*, conversation: Conversation, archived: bool = True) -> None:
    """Puts it out of the list, or back into it; links to it and what it holds stay."""
    conversation.archived_at = timezone.now() if archived else None
    conversation.save(update_fields=["archived_at"])
