"""The door of this room: back ends by name, made once per process.

``settings.LLM_BACKENDS`` maps names to dotted paths, ``settings.LLM`` says which one is the default
and with which options.
"""

from threading import Lock
from typing import cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from llm.types import Backend

WITHOUT_OPTIONS = frozenset({"extractive"})

_lock = Lock()
_made: dict[str, Backend] = {}


def names() -> list[str]:
    """Every known back end, the default one first."""
    default = default_name()
    return [default, *(name for name in settings.LLM_BACKENDS if name != default)]


def default_name() -> str:
    return str(settings.LLM["BACKEND"])


def backend(name: str | None = None) -> Backend:
    """The back end ``name``, or the default one for ``None`` and "".

    Raises ``ImproperlyConfigured`` for an unknown name or options that the back end refuses.
    """
    wanted = name or default_name()
    with _lock:
        if wanted not in _made:
            _made[wanted] = _make(wanted)
        return _made[wanted]


def is_usable(name: str) -> bool:
    """Whether the settings hold all that this back end needs."""
    try:
        backend(name)
    except ImproperlyConfigured:
        return False
    return True


def reset() -> None:
    """Forget every back end, so that changed settings count."""
    with _lock:
        _made.clear()


def _make(name: str) -> Backend:
    try:
        path = settings.LLM_BACKENDS[name]
    except KeyError:
        known = ", ".join(sorted(settings.LLM_BACKENDS))
        raise ImproperlyConfigured(f"there is no language model back end {name!r}; known: {known}") from None
    options = {} if name in WITHOUT_OPTIONS else settings.LLM.get("OPTIONS", {})
    return cast(Backend, import_string(path)(**options))
