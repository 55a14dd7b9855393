"""The kinds of back end by name, as ``settings.LLM_BACKENDS`` maps them to dotted paths."""

from typing import Protocol, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from llm.types import Backend, Kind, Options


def names() -> list[str]:
    return list(settings.LLM_BACKENDS)


def kind(name: str) -> Kind:
    """Raises ``ImproperlyConfigured`` as ``make``."""
    return _class(name).kind


def make(name: str, options: Options) -> Backend:
    """A new back end. Raises ``ImproperlyConfigured`` for an unknown name or options it refuses."""
    return _class(name)(options)


class _BackendClass(Protocol):
    @property
    def kind(self) -> Kind: ...

    def __call__(self, options: Options) -> Backend: ...


def _class(name: str) -> _BackendClass:
    try:
        path = settings.LLM_BACKENDS[name]
    except KeyError:
        known = ", ".join(sorted(settings.LLM_BACKENDS))
        raise ImproperlyConfigured(f"there is no language model back end {name!r}; known: {known}") from None
    return cast(_BackendClass, import_string(path))
