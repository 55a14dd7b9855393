"""The door of this room: the endpoints that answers come from, in the order in which they are tried."""

from threading import Lock
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from llm import registry
from llm.types import Backend, Options

EXTRACTIVE = "extractive"

_lock = Lock()
_made: dict[str, Backend] = {}


class Choice(NamedTuple):
    """An endpoint as a form offers it."""

    name: str
    title: str


def line_up(name: str = "") -> list[Backend]:
    """The back ends to try for an answer, the chosen one first; never empty.

    "" is the site's default, ``EXTRACTIVE`` means no model. Raises ``ImproperlyConfigured`` for a name
    that is not known.
    """
    return [_backend(name or default_name())]


def choices() -> list[Choice]:
    """What people may choose from, the default first."""
    names = dict.fromkeys([default_name(), *registry.names()])
    return [Choice(name, name) for name in names if is_usable(name)]


def default_name() -> str:
    return str(settings.LLM["BACKEND"])


def is_usable(name: str) -> bool:
    try:
        _backend(name)
    except ImproperlyConfigured:
        return False
    return True


def reset() -> None:
    """Forget every back end, so that changed settings count."""
    with _lock:
        _made.clear()


def _backend(name: str) -> Backend:
    with _lock:
        if name not in _made:
            given: dict[str, Any] = {} if name == EXTRACTIVE else settings.LLM.get("OPTIONS", {})
            _made[name] = registry.make(name, Options(**given))
        return _made[name]
