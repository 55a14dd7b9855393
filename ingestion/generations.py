"""Which index a collection is searched in, and what it was made with."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import transaction

from ingestion.models import Chunk, Collection, Generation
from ingestion.splitting import SplitSettings
from search import registry


def split_settings(collection: Collection) -> SplitSettings:
    """The collection's own sizes, or the site's; in tokens of the embedding model."""
    own = collection.chunk_tokens
    return SplitSettings(
        tokens=own or settings.CHUNK_TOKENS,
        overlap=collection.chunk_overlap if own else settings.CHUNK_OVERLAP_TOKENS,
        tokenizer=registry.tokenizer_path(),
    )


def split_options(chosen: SplitSettings) -> dict[str, Any]:
    """The settings as a generation keeps them; the tokenizer follows the embedding model."""
    return {name: value for name, value in asdict(chosen).items() if name != "tokenizer"}


def frozen_split_settings(generation: Generation) -> SplitSettings:
    """The settings that the generation was begun with."""
    return SplitSettings(**generation.split_options, tokenizer=registry.tokenizer_path())


def fingerprints(collection: Collection) -> dict[str, str]:
    """What a generation made now would be made with."""
    return {
        "embedding": registry.embedder().fingerprint,
        "splitter": split_settings(collection).fingerprint,
    }


def active_generation(collection: Collection) -> Generation:
    """The generation that searches use, made when the collection has none yet.

    One that holds nothing so far takes on what the site and the collection are set to now.
    """
    generation = collection.generations.filter(state=Generation.State.ACTIVE).first()
    now = {**fingerprints(collection), "split_options": split_options(split_settings(collection))}
    if generation is None:
        with transaction.atomic():
            return Generation.objects.get_or_create(
                collection=collection, state=Generation.State.ACTIVE, defaults=now
            )[0]
    differs = any(getattr(generation, name) != now[name] for name in ("embedding", "splitter"))
    if differs and not Chunk.objects.filter(generation=generation).exists():
        Generation.objects.filter(pk=generation.pk).update(**now)
        generation.refresh_from_db()
    return generation
