"""The door of this room: the endpoints that answers come from, in the order in which they are tried.

Rows are read at each call, so that a change counts at once in every process; the objects made from
them, with their connections and counts, live as long as the row stays as it is.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from llm import environment, registry, selectors
from llm.environment import EXTRACTIVE as EXTRACTIVE
from llm.errors import LLMError
from llm.guard import Guarded, Limits
from llm.models import Endpoint
from llm.places import Places
from llm.types import TEMPERATURE, Backend, Description, Options, Usage
from llm.unusable import Unusable
from llm.vault import KeyLost, vault


class UnknownEndpoint(LLMError, ImproperlyConfigured):
    """There is no endpoint of this name, or it is not in use."""

    code = "unknown_endpoint"
    permanent = True
    for_everybody = ""


class Misconfigured(LLMError):
    """The endpoint's fields do not fit its kind, or a package is missing."""

    code = "misconfigured"
    permanent = True
    for_everybody = gettext_noop(
        "The language model is not set up rightly: ask an administrator to look at its settings, or choose "
        "another model."
    )


class Choice(NamedTuple):
    """An endpoint as a form offers it."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class _Made:
    version: datetime
    backend: Guarded


_lock = Lock()
_made: dict[int, _Made] = {}


def line_up(name: str = "") -> list[Backend]:
    """The back ends to try for an answer: the chosen one, then the fallbacks; never empty.

    "" is the site's default, ``EXTRACTIVE`` means no model. Raises ``UnknownEndpoint`` for a name that
    is not in use. An endpoint that cannot be made raises its reason when it is asked.
    """
    rows = _rows()
    if name and name != EXTRACTIVE:
        chosen = next((row for row in rows if row.name == name), None)
        if chosen is None and not environment.forbids_models():
            raise UnknownEndpoint(_unknown(name, rows))
    else:
        chosen = None if name else _default(rows)
    if chosen is None:
        return [registry.make(EXTRACTIVE, Options())]
    others = [row for row in rows if row.is_fallback and row.pk != chosen.pk]
    return [_guarded(row) for row in (chosen, *others)]


def choices() -> list[Choice]:
    """What people may choose from, the default first."""
    rows = _rows()
    default = _default(rows)
    quotes = Choice(EXTRACTIVE, _("Quotes only, no language model"))
    offered = [Choice(row.name, row.title) for row in sorted(rows, key=lambda row: not row.is_default)]
    return [quotes, *offered] if default is None else [*offered, quotes]


def default() -> Endpoint | None:
    """What answers where nothing else is chosen; ``None`` for quotes without a model."""
    return _default(_rows())


def exists(name: str) -> bool:
    """Whether ``line_up(name)`` knows the name."""
    return name in ("", EXTRACTIVE) or any(row.name == name for row in _rows())


def any_in_process() -> bool:
    """Whether a model in use is loaded by the process that asks it, so that each process has its own."""
    return any(registry.kind(row.kind).in_process for row in _rows())


def cost(name: str, usage: Usage) -> Decimal | None:
    """The price of ``usage`` in ``currency(name)``; ``None`` where the endpoint has no price."""
    row = Endpoint.objects.filter(name=name).first()
    if row is None or (row.price_prompt is None and row.price_completion is None):
        return None
    read = usage.prompt_tokens * (row.price_prompt or Decimal(0))
    return (read + usage.completion_tokens * (row.price_completion or Decimal(0))) / 1000


def currency(name: str) -> str:
    """Three letters, or "" for an endpoint that is not there."""
    return Endpoint.objects.filter(name=name).values_list("currency", flat=True).first() or ""


def parameters(name: str) -> dict[str, Any]:
    """What an answer of this endpoint is asked with: its own bounds, and what goes to the server as it is."""
    row = Endpoint.objects.filter(name=name).first()
    if row is None:
        return {}
    bounds = {"max_tokens": row.max_tokens, "context_tokens": row.context_tokens}
    own: dict[str, Any] = row.parameters
    return {"endpoint": name, "temperature": TEMPERATURE} | bounds | own


def resting_s(endpoint: Endpoint) -> float:
    """Seconds for which this process leaves a failing endpoint alone; 0 where it does not."""
    with _lock:
        made = _made.get(endpoint.pk)
    return made.backend.resting_s() if made and made.version == endpoint.updated_at else 0.0


def reset() -> None:
    """Forget every back end, so that changed settings count."""
    environment.forget()
    with _lock:
        _made.clear()


def unguarded(endpoint: Endpoint, **changes: float) -> Backend:
    """The back end itself, with ``changes`` to its options; ``Unusable`` where it cannot be made."""
    try:
        return registry.make(endpoint.kind, options(endpoint, **changes))
    except KeyLost as error:
        return Unusable(_description(endpoint), error)
    except ImproperlyConfigured as error:
        said = _("“%(name)s” is not set up rightly: %(reason)s") % {"name": endpoint.title, "reason": error}
        return Unusable(_description(endpoint), Misconfigured(said))


def _rows() -> list[Endpoint]:
    if environment.forbids_models():
        return []
    environment.follow_once()
    return selectors.enabled_endpoints()


def _default(rows: list[Endpoint]) -> Endpoint | None:
    return next((row for row in rows if row.is_default), None)


def _unknown(name: str, rows: list[Endpoint]) -> str:
    known = _(", ").join([*(row.name for row in rows), EXTRACTIVE])
    said = _("There is no language model “%(name)s” in use here; known: %(known)s.")
    return said % {"name": name, "known": known}


def _guarded(row: Endpoint) -> Backend:
    with _lock:
        made = _made.get(row.pk)
        if made is None or made.version != row.updated_at:
            limits = Limits(concurrency=row.concurrency, patience_s=row.patience_s)
            places = Places(row.concurrency, Path(settings.RUN_DIR) / "endpoints", str(row.pk))
            backend = Guarded(unguarded(row), row.name, limits, places=places)
            made = _made[row.pk] = _Made(row.updated_at, backend)
        return made.backend


def options(row: Endpoint, **changes: float) -> Options:
    """How the endpoint is reached, its keys opened. Raises ``KeyLost``."""
    fields = {
        "base_url": row.base_url,
        "model": row.model,
        "api_key": vault().open(row.api_key_sealed),
        "secret_key": vault().open(row.secret_key_sealed),
        "context_tokens": row.context_tokens,
        "max_tokens": row.max_tokens,
        "context_words": row.context_words,
        "timeout_s": row.timeout_s,
        "silence_s": row.silence_s,
        "parameters": row.parameters,
    }
    return Options(**(fields | changes))


def _description(row: Endpoint) -> Description:
    return Description(
        backend=row.kind,
        model=row.model,
        is_model=True,
        context_tokens=row.context_tokens,
        max_tokens=row.max_tokens,
        context_words=row.context_words,
    )
