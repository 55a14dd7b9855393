"""Addresses of a branch of a conversation: ``?m=`` names a message of it, ``?from=`` and ``?to=`` the first
and the last of its turns that are wanted, counted from 1."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

SHOWN_TURNS, MORE_TURNS, MOST_TURNS = 20, 40, 1000
# So many turns before a named message say what it is about.
_LEAD = 4


@dataclass(frozen=True, slots=True)
class Span:
    """Turns wanted; 0 where nothing is said."""

    first: int = 0
    last: int = 0

    def of(self, count: int, at: int) -> tuple[int, int]:
        """Of ``count`` turns, of which the one at place ``at`` was named, those from place to place, the last
        one not included. What is not asked for is ``SHOWN_TURNS`` around the named one, else the last."""
        end = min(self.last or count, count)
        start = min(self.first, end) - 1
        if start < 0:
            start = max(0, min(at - _LEAD, count - SHOWN_TURNS))
            end = start + SHOWN_TURNS
        return start, min(end, start + MOST_TURNS, count)


def named_message(request: HttpRequest) -> UUID | None:
    """The message that the address, or the form that is sent, names; ``None`` for no or a broken name."""
    try:
        return UUID(request.POST.get("m") or request.GET.get("m", ""))
    except ValueError:
        return None


def wanted_turns(request: HttpRequest) -> Span:
    return Span(_number(request.GET.get("from", "")), _number(request.GET.get("to", "")))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
