"""How well the embedding models in use know each language, told to administrators; and measuring it again."""

import logging
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ingestion.errors import BadCollection
from ingestion.generations import generations_in_use
from ingestion.model_choices import title_of
from search import registry
from search.coverage import Measured, trusted
from search.errors import SearchError
from search.protocols import Embedder

log = logging.getLogger(__name__)

_NAMES = {
    "en": gettext_lazy("English"),
    "zh": gettext_lazy("Chinese"),
    "ja": gettext_lazy("Japanese"),
    "ko": gettext_lazy("Korean"),
    "de": gettext_lazy("German"),
    "fr": gettext_lazy("French"),
    "es": gettext_lazy("Spanish"),
    "ru": gettext_lazy("Russian"),
}


@dataclass(frozen=True, slots=True)
class Language:
    """``reached`` is 0 (no better than chance) to 1; ``says`` what that means for searches."""

    name: str
    reached: float
    says: str


@dataclass(frozen=True, slots=True)
class ModelInUse:
    """``languages`` come best first, and are empty while nothing is known; ``problem`` is why it is not
    usable. ``collections`` are the names of those that are searched or built with it."""

    title: str
    fingerprint: str
    collections: list[str]
    problem: str = ""
    is_bundled: bool = False
    measured: Measured | None = None
    measured_at: datetime | None = None
    languages: tuple[Language, ...] = ()


def models_in_use() -> list[ModelInUse]:
    """Those of all indexes that are searched or built, and the site's default. No model is run."""
    names: dict[str, list[str]] = {}
    specs: dict[str, Mapping[str, Any]] = {}
    for fingerprint, spec, name in _used():
        specs.setdefault(fingerprint, spec)
        if name and name not in names.setdefault(fingerprint, []):
            names[fingerprint].append(name)
    return [_described(each, spec, names.get(each, [])) for each, spec in specs.items()]


def measure_again(*, fingerprint: str) -> threading.Thread:
    """In the background, with a model that is in use and did not come with Youju. Raises ``BadCollection``
    where it is none, ``SearchError`` where the model is missing."""
    specs = {each: spec for each, spec, _name in _used()}
    if fingerprint not in specs:
        raise BadCollection(_("This model is not in use any more."))
    model = registry.embedder_of(fingerprint, specs[fingerprint])
    if registry.coverage(model).is_bundled:
        raise BadCollection(_("What this model knows came with Youju and does not change."))
    thread = threading.Thread(target=_measure, args=(model,), name="measure-languages", daemon=True)
    thread.start()
    return thread


def _measure(model: Embedder) -> None:
    try:
        registry.coverage(model).measure_again()
    except SearchError as error:
        log.warning("the languages of an embedding model cannot be measured: %s", error)


def _used() -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Fingerprint, specification and name of the collection; the site's default is without one."""
    try:
        yield registry.embedder().fingerprint, settings.EMBEDDING, ""
    except SearchError as error:
        log.warning("the site's embedding model is not there: %s", error)
    in_use = generations_in_use().filter(collection__is_scratch=False).select_related("collection")
    for generation in in_use.order_by("collection__name"):
        yield generation.embedding, generation.embedder, generation.collection.name


def _described(fingerprint: str, spec: Mapping[str, Any], collections: list[str]) -> ModelInUse:
    title = title_of(dict(spec)) or fingerprint
    try:
        coverage = registry.coverage(registry.embedder_of(fingerprint, spec))
    except SearchError as error:
        return ModelInUse(title, fingerprint, collections, problem=str(error))
    measured = coverage.kept
    return ModelInUse(
        title,
        fingerprint,
        collections,
        is_bundled=coverage.is_bundled,
        measured=measured,
        measured_at=coverage.measured_at,
        languages=_told(measured) if measured else (),
    )


def _told(measured: Measured) -> tuple[Language, ...]:
    found = sorted(measured.languages.items(), key=lambda item: -item[1])
    rows = [(str(_NAMES.get(code, code)), reached) for code, reached in found]
    # As ``Coverage.of`` has it.
    rows.append((_("Any other language"), found[-1][1] if found else 0.0))
    return tuple(Language(name, reached, _says(reached)) for name, reached in rows)


def _says(reached: float) -> str:
    share = trusted(reached)
    if share >= 1.0:
        return _("vectors count fully")
    if share <= 0.0:
        return _("searched by words alone")
    return _("vectors count by %(percent)d%%") % {"percent": max(1, min(99, round(100 * share)))}
