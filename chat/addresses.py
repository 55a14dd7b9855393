"""Addresses of a branch of a conversation: ``?m=`` names a message of it, ``?shown=`` how many of its last
turns are wanted."""

from uuid import UUID

from django.http import HttpRequest

SHOWN_TURNS, MORE_TURNS, MOST_TURNS = 20, 40, 1000


def named_message(request: HttpRequest) -> UUID | None:
    """The message that the address, or the form that is sent, names; ``None`` for no or a broken name."""
    try:
        return UUID(request.POST.get("m") or request.GET.get("m", ""))
    except ValueError:
        return None


def shown_turns(request: HttpRequest) -> int:
    """Long conversations open with their last turns; as many more as somebody asks for."""
    asked = request.GET.get("shown", "")[:6]
    number = int(asked) if asked.isascii() and asked.isdecimal() else 0
    return min(max(number, SHOWN_TURNS), MOST_TURNS)
