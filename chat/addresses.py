"""Addresses of a branch of a conversation: ``?m=`` names a message of it."""

from uuid import UUID

from django.http import HttpRequest


def named_message(request: HttpRequest) -> UUID | None:
    """The message that the address, or the form that is sent, names; ``None`` for no or a broken name."""
    try:
        return UUID(request.POST.get("m") or request.GET.get("m", ""))
    except ValueError:
        return None

