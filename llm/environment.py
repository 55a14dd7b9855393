"""The endpoint that environment variables describe, kept in step with them.

``settings.LLM`` holds what they say: ``BACKEND`` is the kind ("" for none) and ``OPTIONS`` those of its
fields that are set. The row is compared once in each process and after each ``migrate``.
"""

from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from django.db.models import Max

from llm import registry
from llm.models import FROM_ENVIRONMENT, Endpoint, end_of
from llm.types import Kind
from llm.vault import KeyLost, vault

EXTRACTIVE = "extractive"
KEYS = ("api_key", "secret_key")
GIVEN = ("base_url", "model", "timeout_s", "context_tokens")
PRESET = (*GIVEN, "max_tokens", "context_words", "silence_s")

_lock = Lock()
_followed = False


def forbids_models() -> bool:
    """``LLM_BACKEND=extractive``: no language model is asked, whatever endpoints there are."""
    return str(settings.LLM["BACKEND"]) == EXTRACTIVE


def follow_once() -> None:
    """``follow``, where this process has not done it yet."""
    with _lock:
        if not _followed:
            _follow()


def follow() -> None:
    """Makes, changes, brings back or takes out of use the row of the environment."""
    with _lock:
        _follow()


def forget() -> None:
    """The next ``follow_once`` compares again."""
    global _followed
    with _lock:
        _followed = False


def _follow() -> None:
    global _followed
    try:
        with transaction.atomic():
            _keep_in_step()
    except IntegrityError:
        return  # another process was just as fast; the next call compares with what it wrote
    _followed = True


def _keep_in_step() -> None:
    kind, row = str(settings.LLM["BACKEND"]), Endpoint.objects.filter(name=FROM_ENVIRONMENT).first()
    if kind in ("", EXTRACTIVE):
        if row is not None and row.is_enabled:
            row.is_enabled = row.is_default = False
            row.save()
        return
    given = dict(settings.LLM.get("OPTIONS", {}))
    if row is None:
        row = _new(kind)
    elif not _differs(row, kind, given):
        return
    _take_over(row, kind, given)
    row.save()


def _new(kind: str) -> Endpoint:
    preset = _kind(kind).preset
    last = Endpoint.objects.aggregate(last=Max("position"))["last"]
    row = Endpoint(name=FROM_ENVIRONMENT, position=0 if last is None else last + 1)
    for field in PRESET:
        setattr(row, field, getattr(preset, field))
    row.patience_s = _kind(kind).patience_s
    row.is_enabled = False
    return row


def _take_over(row: Endpoint, kind: str, given: dict[str, Any]) -> None:
    """A row that comes into use becomes the default where there is none."""
    is_own_title = row.title and row.title != _title(row)
    row.kind = kind
    for field, value in _fields(kind, given).items():
        setattr(row, field, value)
    for key in KEYS:
        text = str(given.get(key, ""))
        setattr(row, f"{key}_sealed", vault().seal(text))
        setattr(row, f"{key}_end", end_of(text))
    row.title = row.title if is_own_title else _title(row)
    if not row.is_enabled:
        row.is_enabled = True
        row.is_default = not Endpoint.objects.filter(is_default=True).exists()


def _title(row: Endpoint) -> str:
    return (row.model or urlsplit(row.base_url).netloc or row.kind)[:80]


def _differs(row: Endpoint, kind: str, given: dict[str, Any]) -> bool:
    if not row.is_enabled or row.kind != kind:
        return True
    if any(getattr(row, field) != value for field, value in _fields(kind, given).items()):
        return True
    try:
        return any(vault().open(getattr(row, f"{key}_sealed")) != str(given.get(key, "")) for key in KEYS)
    except KeyLost:
        return True


def _fields(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    preset = _kind(kind).preset
    return {field: given.get(field, getattr(preset, field)) for field in GIVEN}


def _kind(name: str) -> Kind:
    """What an endpoint of this kind begins with; an unknown kind is told of when it is asked."""
    try:
        return registry.kind(name)
    except ImproperlyConfigured:
        return Kind(title=name)
