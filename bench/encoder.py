"""The embedding model alone on every chunk of a data folder, in a process of its own."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import django

from tests.e2e.site import Site

ROOT = Path(__file__).resolve().parent.parent
BATCH = 256

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kb_site.settings")


def alone(site: Site) -> dict[str, float]:
    """``chunks``, ``seconds`` and ``chunks_per_s`` of the model on the site's own chunks."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.encoder"],
        cwd=ROOT,
        env=site.env,
        capture_output=True,
        text=True,
        check=True,
    )
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def main() -> None:
    """Prints the rate: large batches, nothing read from or written to a cache."""
    django.setup()
    from ingestion.embedding_texts import embedding_text
    from ingestion.indexing import passage
    from ingestion.models import Chunk
    from search import registry

    chunks = Chunk.objects.select_related("document").order_by("document_id", "ordinal")
    texts = [embedding_text(passage(chunk)) for chunk in chunks]
    embedder = registry.embedder()
    embedder.embed(texts[:8])
    os.nice(10)  # as the index worker
    began, before = time.monotonic(), time.process_time()
    for at in range(0, len(texts), BATCH):
        embedder.embed(texts[at : at + BATCH])
    seconds = time.monotonic() - began
    measured = {
        "chunks": len(texts),
        "seconds": round(seconds, 2),
        "chunks_per_s": round(len(texts) / seconds, 1),
        "cpu_s": round(time.process_time() - before, 2),
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
