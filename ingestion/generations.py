"""Which index a collection is searched in, and what it was made with."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from ingestion.embedding_texts import longest_passage
from ingestion.models import Chunk, Collection, Generation
from ingestion.split_presets import AUTOMATIC, PRESETS
from ingestion.splitting import SplitSettings
from search import registry
from search.errors import ModelUnavailable
from search.protocols import Embedder

log = logging.getLogger(__name__)


def chosen_embedder(collection: Collection) -> Embedder:
    """The embedding model that is set for the collection, its own or the site's; its next index is made
    with it. Raises ``ModelUnavailable``."""
    return registry.embedder(registry.spec_of(collection.embedding))


def embedder_of(generation: Generation) -> Embedder:
    """The model that the generation is made with. Raises ``ModelUnavailable`` where it is no longer on
    this machine."""
    return registry.embedder_of(generation.embedding, generation.embedder)


def split_settings(collection: Collection, model: Embedder | None = None) -> SplitSettings:
    """The collection's own sizes, or the site's, and its preset; in tokens of ``model``, by default the one
    that is set for the collection. Raises ``ModelUnavailable``."""
    own = collection.chunk_tokens
    return split_settings_of(
        own or settings.CHUNK_TOKENS,
        collection.chunk_overlap if own else settings.CHUNK_OVERLAP_TOKENS,
        collection.split_preset,
        model or chosen_embedder(collection),
    )


def split_settings_of(tokens: int, overlap: int, preset: str, model: Embedder) -> SplitSettings:
    """These sizes, as far as ``model`` reads a passage. A preset that is not known (any more) is the
    automatic one."""
    most = longest_passage(registry.passage_tokens(model))
    tokens = tokens if most is None else min(tokens, most)
    return SplitSettings(
        tokens=tokens,
        overlap=min(overlap, tokens // 2),
        tokenizer=registry.tokenizer_path(model),
        preset=preset if preset in PRESETS else AUTOMATIC,
    )


def current_split_settings(generation: Generation) -> SplitSettings:
    """What a document that comes now is split with: today's sizes, in tokens of the generation's model.
    Where that is gone, in those of the model that is set now."""
    try:
        return split_settings(generation.collection, embedder_of(generation))
    except ModelUnavailable:
        return split_settings(generation.collection)


def split_options(chosen: SplitSettings) -> dict[str, Any]:
    """The settings as a generation keeps them; the tokenizer follows the embedding model."""
    return {name: value for name, value in asdict(chosen).items() if name != "tokenizer"}


def frozen_split_settings(generation: Generation) -> SplitSettings:
    """The settings that the generation was begun with. Raises ``ModelUnavailable``."""
    tokenizer = registry.tokenizer_path(embedder_of(generation))
    return SplitSettings(**generation.split_options, tokenizer=tokenizer)


def fingerprints(collection: Collection) -> dict[str, str]:
    """What a generation made now would be made with. Raises ``ModelUnavailable``."""
    model = chosen_embedder(collection)
    return {
        "embedding": model.fingerprint,
        "splitter": split_settings(collection, model).fingerprint,
    }


def recipe(collection: Collection) -> dict[str, Any]:
    """The fields of a generation made now. Raises ``ModelUnavailable``."""
    return {
        **fingerprints(collection),
        "embedder": _plain(registry.spec_of(collection.embedding)),
        "split_options": split_options(split_settings(collection)),
    }


def _plain(spec: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON gives it back."""
    plain: dict[str, Any] = json.loads(json.dumps(spec, default=str))
    return plain


def generations_in_use() -> QuerySet[Generation]:
    """Those that are searched or built."""
    return Generation.objects.filter(state__in=[Generation.State.ACTIVE, Generation.State.BUILDING])


def models_in_use() -> list[Generation]:
    """One for each model of ``generations_in_use``, with nothing but what ``embedder_of`` reads."""
    rows = generations_in_use().order_by().values_list("embedding", "embedder").distinct()
    return [Generation(embedding=embedding, embedder=embedder) for embedding, embedder in rows]


def release_unused() -> None:
    """Lets go of models that no index is searched or built with any more."""
    registry.keep_only(set(generations_in_use().values_list("embedding", flat=True).distinct()))


def active_generation(collection: Collection) -> Generation:
    """The generation that searches use, made when the collection has none yet.

    One that holds nothing so far takes on what the site and the collection are set to now. Raises
    ``ModelUnavailable`` where one must be made and its model is missing.
    """
    generation = collection.generations.filter(state=Generation.State.ACTIVE).first()
    if generation is None:
        made = recipe(collection)
        with transaction.atomic():
            return Generation.objects.get_or_create(
                collection=collection, state=Generation.State.ACTIVE, defaults=made
            )[0]
    try:
        now = recipe(collection)
    except ModelUnavailable as error:
        log.warning("the embedding model that is set for %s is missing: %s", collection, error)
        return generation
    differs = any(getattr(generation, name) != now[name] for name in ("embedding", "splitter"))
    if differs and not Chunk.objects.filter(generation=generation).exists():
        Generation.objects.filter(pk=generation.pk).update(**now)
        generation.refresh_from_db()
    return generation
