"""Embeds every chunk of a data folder, batch by batch as the index worker does, and prints the rate."""

import json
import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kb_site.settings")


def main() -> None:
    django.setup()
    from ingestion.indexing import BATCH, embedding_text, passage
    from ingestion.models import Chunk
    from search import registry

    chunks = Chunk.objects.select_related("document").order_by("document_id", "ordinal")
    texts = [embedding_text(passage(chunk)) for chunk in chunks]
    embedder = registry.embedder()
    embedder.embed(texts[:8])
    began = time.monotonic()
    for at in range(0, len(texts), BATCH):
        embedder.embed(texts[at : at + BATCH])
    seconds = time.monotonic() - began
    print(
        json.dumps(
            {
                "chunks": len(texts),
                "seconds": round(seconds, 2),
                "chunks_per_s": round(len(texts) / seconds, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
