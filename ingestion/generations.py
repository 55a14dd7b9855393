"""Which index a collection is searched in, and what it was made with."""

from django.conf import settings
from django.db import transaction

from ingestion.models import Collection, Generation
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


def active_generation(collection: Collection) -> Generation:
    """The generation that searches use, made when the collection has none yet."""
    generation = collection.generations.filter(state=Generation.State.ACTIVE).first()
    if generation is not None:
        return generation
    with transaction.atomic():
        return Generation.objects.get_or_create(
            collection=collection,
            state=Generation.State.ACTIVE,
            defaults={
                "embedding": registry.embedder().fingerprint,
                "splitter": split_settings(collection).fingerprint,
            },
        )[0]
