"""Reads about shared links. Everybody sees only their own; whoever has an address sees what it shows."""

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import Conversation
from chat.sharing.models import SharedLink
from ingestion.access import Person


class LinkClosed(Exception):
    """The address was right once; the state of ``link`` says what became of it."""

    def __init__(self, link: SharedLink) -> None:
        super().__init__(link.state)
        self.link = link


def links_of(user: Person) -> QuerySet[SharedLink]:
    """The newest first, without those whose conversation is gone."""
    if not isinstance(user, User):
        return SharedLink.objects.none()
    return SharedLink.objects.filter(owner=user, until__isnull=False).select_related("conversation", "owner")


def links_to(conversation: Conversation) -> QuerySet[SharedLink]:
    return links_of(conversation.owner).filter(conversation=conversation)


def get_link(user: Person, link_id: int) -> SharedLink:
    """Raises ``Http404`` for everybody but the owner."""
    found = links_of(user).filter(pk=link_id).first()
    if found is None:
        raise Http404(_("There is no such link, or it is not yours."))
    return found


def is_offered() -> bool:
    """Whether people may share on this site at all."""
    return bool(settings.SHARED_LINKS != "off")


def is_for_anyone() -> bool:
    """Whether a link opens without signing in."""
    return bool(settings.SHARED_LINKS == "anyone")


def may_open(user: Person) -> bool:
    """Whether this site shows shared conversations to ``user``, who has an address."""
    return is_offered() and (is_for_anyone() or user.is_authenticated)


def open_link(token: str) -> SharedLink:
    """Raises ``LinkClosed``, or ``Http404`` for an address that never was one."""
    link = SharedLink.objects.select_related("conversation", "until", "owner").filter(token=token).first()
    if link is None:
        raise Http404(_("There is no shared conversation at this address: check that it is complete."))
    if not link.is_open:
        raise LinkClosed(link)
    return link
