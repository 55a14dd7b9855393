"""Trying settings of a collection on a golden set before they are saved."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from ingestion.golden_config import AUTOMATIC, BUILD, Config
from ingestion.golden_line import IN_WORK
from ingestion.golden_runs import start_run
from ingestion.models import Collection, Document, GoldenRun, GoldenSet
from ingestion.reembedding import needs_reembedding

_FRESH = timedelta(days=1)
_SIZES = ("chunk_tokens", "chunk_overlap")
State = GoldenRun.State


def to_try(collection: Collection, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the ``wanted`` settings that decide what is found and are not what is saved; all of them where
    the index that is searched was made with others than are saved; else nothing. Raises ``SearchError``."""
    build = {name: wanted[name] for name in BUILD}
    weight = wanted["dense_weight"]
    other = (
        {} if weight == collection.dense_weight else {"dense_weight": AUTOMATIC if weight is None else weight}
    )
    if needs_reembedding(collection):
        return build | other
    differs = {name for name, value in build.items() if getattr(collection, name) != value}
    if differs & set(_SIZES):
        differs |= set(_SIZES)
    return {name: build[name] for name in BUILD if name in differs} | other


def try_settings(
    *, golden_set: GoldenSet, wanted: Mapping[str, Any], by: User | None = None
) -> tuple[GoldenRun, GoldenRun]:
    """A run of what is searched now, and one of the ``wanted`` fields of ``Config``. Earlier ones that still
    hold are used. Raises ``BadGoldenSet``."""
    usual = Config()
    before = _usable(golden_set, usual) or start_run(golden_set=golden_set, config=usual, by=by)
    same = _usable(golden_set, Config(**wanted))
    after = same or start_run(golden_set=golden_set, config=Config(**wanted), by=by)
    return before, after


def _usable(golden_set: GoldenSet, config: Config) -> GoldenRun | None:
    """A recent run of this, since which neither the set nor the documents changed, or one in work."""
    changed = Document.objects.filter(collection=golden_set.collection_id).order_by("-updated_at")
    since = max(
        [
            timezone.now() - _FRESH,
            golden_set.updated_at,
            golden_set.collection.updated_at,
            *changed.values_list("updated_at", flat=True)[:1],
            *golden_set.collection.generations.values_list("created_at", flat=True),
        ]
    )
    runs = golden_set.runs.filter(Q(state=State.DONE, created_at__gt=since) | Q(state__in=IN_WORK))
    return next((run for run in runs.order_by("-created_at") if run.config == config.stored()), None)
