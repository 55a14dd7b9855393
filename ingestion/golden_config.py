"""What a run of a golden set searches with."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from ingestion.golden_sets import BadGoldenSet
from ingestion.split_forms import PRESET_NAMES
from ingestion.split_presets import PRESETS
from search.types import MODES, Mode

DEEPEST = 50
AUTOMATIC = -1.0
BUILD = ("chunk_tokens", "chunk_overlap", "split_preset", "embedding")


@dataclass(frozen=True, slots=True)
class Config:
    """``k`` documents are looked at. ``answers``: they are also written and judged. ``synonyms`` and
    ``dense_weight`` stand for those of the collection where they are not ``None``; a weight of
    ``AUTOMATIC`` goes by what the model knows. The rest are settings of the collection that need an
    index of their own; ``None`` is what the index that is searched was made with, and 0 or "" the site's
    default."""

    mode: Mode = "hybrid"
    k: int = 10
    answers: bool = False
    synonyms: str | None = None
    dense_weight: float | None = None
    chunk_tokens: int | None = None
    chunk_overlap: int | None = None
    split_preset: str | None = None
    embedding: str | None = None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Config":
        """From a run's row, or from what a program sent. Raises ``BadGoldenSet``."""
        known = {name: stored[name] for name in cls.__dataclass_fields__ if name in stored}
        config = cls(**known)
        if config.mode not in MODES:
            said = _("There is no way to search called “%(mode)s”. Use one of: %(known)s.")
            raise BadGoldenSet(said % {"mode": config.mode, "known": ", ".join(MODES)})
        if config.split_preset is not None and config.split_preset not in PRESETS:
            raise BadGoldenSet(_("There is no such way to cut documents."))
        weight = config.dense_weight
        if weight is not None and weight != AUTOMATIC and not 0 <= weight <= 1:
            raise BadGoldenSet(_("What meaning counts is a number from 0 to 1."))
        return cls(**{**known, "k": max(10, min(int(config.k), DEEPEST))})

    def stored(self) -> dict[str, Any]:
        """As a run's row keeps it."""
        return asdict(self)

    @property
    def build(self) -> dict[str, Any]:
        """The settings that need an index of their own, as fields of a collection."""
        return {name: value for name in BUILD if (value := getattr(self, name)) is not None}

    def weight_instead_of(self, saved: float | None) -> float | None:
        """What meaning counts, as a collection keeps it, where ``saved`` is what it has."""
        if self.dense_weight is None:
            return saved
        return None if self.dense_weight == AUTOMATIC else self.dense_weight

    @property
    def needs_trial(self) -> bool:
        return bool(self.build)


def label_of(config: Config) -> str:
    """A name for people who gave none."""
    modes = {"hybrid": _("Words and meaning"), "lexical": _("Words only"), "dense": _("Meaning only")}
    parts = [modes[config.mode]]
    if config.chunk_tokens:
        said = _("passages of %(tokens)d tokens, %(overlap)d shared")
        parts.append(said % {"tokens": config.chunk_tokens, "overlap": config.chunk_overlap or 0})
    elif config.chunk_tokens == 0:
        parts.append(_("the site's passage length"))
    if config.split_preset:
        parts.append(str(dict(PRESET_NAMES).get(config.split_preset, config.split_preset)))
    if config.embedding is not None:
        parts.append(config.embedding or _("the site's embedding model"))
    if config.dense_weight == AUTOMATIC:
        parts.append(_("meaning weighed automatically"))
    elif config.dense_weight is not None:
        parts.append(_("meaning counts %(weight)s") % {"weight": f"{config.dense_weight:g}"})
    if config.synonyms is not None:
        parts.append(_("other synonyms") if config.synonyms.strip() else _("without synonyms"))
    if config.answers:
        parts.append(_("with answers"))
    return " · ".join(parts)[:120]
