"""Who verified an answer, by the name that they have now: names are kept with accounts, and go with them."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import Message

_KEY = "_verifier"


def name_of(person: User | None) -> str:
    """``None`` is somebody whose account is deleted."""
    return person.shown_name if person else _("a former member")


def remember(answers: Iterable[Message]) -> None:
    """Notes at each verified answer who verified it; one query where there are any."""
    marked = [one for one in answers if one.verified]
    ids = {one.verified["by_id"] for one in marked if one.verified["by_id"]}
    people = User.objects.in_bulk(ids) if ids else {}
    for one in marked:
        vars(one)[_KEY] = name_of(people.get(one.verified["by_id"]))


def mark(answer: Message) -> dict[str, Any] | None:
    """``chat.events.Verified`` with a name, ``by`` whom it was verified. ``None`` for an answer that was
    written."""
    if not answer.verified:
        return None
    if _KEY not in vars(answer):
        remember([answer])
    told = {name: value for name, value in answer.verified.items() if name != "by_id"}
    return told | {"by": vars(answer)[_KEY]}
