"""Writes of endpoints."""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify

from llm import endpoints
from llm.models import RESERVED, Endpoint, end_of
from llm.trial import Trial, try_out
from llm.vault import KeyLost, vault

TRIAL_S = 15


@transaction.atomic
def save_endpoint(
    *, endpoint: Endpoint, api_key: str | None = None, secret_key: str | None = None
) -> Endpoint:
    """Saves a new or changed endpoint. A key of ``None`` stays as it is, "" removes it.

    A new one goes to the end of the order; the very first becomes the site's default. One that is
    taken out of use is no longer the default.
    """
    for name, key in (("api_key", api_key), ("secret_key", secret_key)):
        if key is not None:
            setattr(endpoint, f"{name}_sealed", vault().seal(key))
            setattr(endpoint, f"{name}_end", end_of(key))
    if endpoint._state.adding:
        last = Endpoint.objects.aggregate(last=Max("position"))["last"]
        endpoint.position = 0 if last is None else last + 1
        endpoint.is_default = endpoint.is_enabled and last is None
        endpoint.name = endpoint.name or free_name(endpoint)
    endpoint.is_default = endpoint.is_default and endpoint.is_enabled
    endpoint.save()
    return endpoint


def free_name(endpoint: Endpoint) -> str:
    """A short name made from the title, the model or the kind, that nobody has."""
    texts = (endpoint.title, endpoint.model, endpoint.kind)
    base = next((slug for slug in (slugify(text).strip("-_") for text in texts) if slug), "model")
    base = base.replace("_", "-")[:50].strip("-")
    taken = RESERVED | set(Endpoint.objects.values_list("name", flat=True))
    names = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


@transaction.atomic
def delete_endpoint(*, endpoint: Endpoint) -> None:
    """Conversations and collections that chose it get the site's default from then on."""
    endpoint.delete()


@transaction.atomic
def make_default(*, endpoint: Endpoint | None) -> bool:
    """``None`` makes quotes without a model the default. False where the endpoint is not in use."""
    Endpoint.objects.filter(is_default=True).update(is_default=False)
    if endpoint is None:
        return True
    changed = Endpoint.objects.filter(pk=endpoint.pk, is_enabled=True).update(is_default=True)
    transaction.set_rollback(not changed)
    return bool(changed)


@transaction.atomic
def move(*, endpoint: Endpoint, up: bool) -> None:
    """One place up or down in the order in which models step in."""
    rows = list(Endpoint.objects.select_for_update().order_by("position", "pk"))
    place = next((n for n, row in enumerate(rows) if row.pk == endpoint.pk), 0)
    other = place - 1 if up else place + 1
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
    for position, row in enumerate(rows):
        row.position = position
    Endpoint.objects.bulk_update(rows, ["position"])


def try_endpoint(*, endpoint: Endpoint) -> Trial:
    """Asks it once, without a second attempt, and keeps the outcome.

    A server gets 15 seconds at most; a model in this process the time that it needs to be loaded.
    """
    longest = TRIAL_S if endpoint.base_url else endpoint.timeout_s
    waits = {"timeout_s": min(endpoint.timeout_s, longest), "silence_s": min(endpoint.silence_s, longest)}
    trial = try_out(endpoints.unguarded(endpoint, **waits))
    endpoint.tested_at, endpoint.test_ok = timezone.now(), trial.ok
    endpoint.test_message = trial.message[:500]
    Endpoint.objects.filter(pk=endpoint.pk).update(
        tested_at=endpoint.tested_at, test_ok=endpoint.test_ok, test_message=endpoint.test_message
    )
    return trial


def reseal() -> int:
    """Seals every key with the newest secret; how many were not. What cannot be opened stays."""
    changed = 0
    for row in Endpoint.objects.all():
        for field in ("api_key_sealed", "secret_key_sealed"):
            sealed = getattr(row, field)
            if not sealed or vault().is_current(sealed):
                continue
            try:
                anew = vault().seal(vault().open(sealed))
            except KeyLost:
                continue
            changed += Endpoint.objects.filter(pk=row.pk, **{field: sealed}).update(**{field: anew})
    return changed
