"""Searches over many passages, or over many collections: ``python -m bench.scale --passages 100000``.

Text is made from a seed, vectors are points around centres drawn at random, both written into the indexes of
a running site as the index worker would. ``--collections 200`` spreads the passages over so many collections,
which are searched at once. Needs about 3 KB of disk and 2.5 KB of memory for each passage.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import requests

from bench.articles import passages, questions
from tests.e2e.conftest import Api, with_administrator
from tests.e2e.site import ROOT, Site

PASSAGES_A_DOCUMENT = 20
_AT_ONCE = 2000
_CENTRES = 1000
_SPREAD = 0.6


def measure(count: int, collections: int, searches: int) -> dict[str, Any]:
    """Latency over HTTP in milliseconds of one client, and memory of all processes in MiB."""
    from bench.__main__ import memory

    with tempfile.TemporaryDirectory(prefix="youju-scale-") as folder:
        site = Site(Path(folder) / "data", extra={"RATE_LIMIT_SEARCH": "off"})
        try:
            site.start()
            api = with_administrator(site)
            slugs = [f"many-{number}" for number in range(collections)]
            for slug in slugs:
                api.call("POST", "/collections", json={"name": slug, "slug": slug})
            began = time.monotonic()
            _fill(site, count)
            filled = time.monotonic() - began
            times = _search(api, slugs, searches)
            sizes = memory(site)
        finally:
            if site.process is not None and site.process.poll() is None:
                site.stop()
    return {
        "passages": count,
        "collections": collections,
        "fill_s": round(filled, 1),
        "p50_ms": round(times[len(times) // 2], 1),
        "p95_ms": round(times[len(times) * 95 // 100], 1),
        "memory_mb": sizes,
    }


def _search(api: Api, slugs: list[str], count: int) -> list[float]:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {api.key}"
    times = []
    for query in [*questions(_texts(), 30, seed=3), *questions(_texts(), count, seed=4)]:
        began = time.monotonic()
        answer = session.post(
            f"{api.site.url}/api/v1/search", json={"query": query, "collections": slugs}, timeout=120
        )
        answer.raise_for_status()
        times.append((time.monotonic() - began) * 1000)
    return sorted(times[30:])


def _texts() -> list[str]:
    """The first passages of the first collection."""
    return list(islice(passages(), 500))


def _fill(site: Site, count: int) -> None:
    environment = site.env | {"CHROMA_URL": _chroma(site), "DJANGO_SETTINGS_MODULE": "kb_site.settings"}
    subprocess.run(
        [sys.executable, "-m", "bench.scale", "--fill", str(count)], cwd=ROOT, env=environment, check=True
    )


def _chroma(site: Site) -> str:
    line = site.child("chroma").cmdline()
    return f"http://127.0.0.1:{line[line.index('--port') + 1]}"


def fill(count: int) -> None:
    """Writes so many passages into the collections that are there, evenly."""
    import django

    django.setup()
    from ingestion.generations import active_generation
    from ingestion.models import Chunk, Collection, Document
    from search import registry
    from search.types import Chunk as Passage

    centres = np.random.default_rng(5).normal(size=(_CENTRES, 384))
    text = passages()
    collections = list(Collection.objects.filter(slug__startswith="many-"))
    share = max(1, count // len(collections))
    for collection in collections:
        generation = active_generation(collection)
        for at in range(0, share, _AT_ONCE):
            size = min(_AT_ONCE, share - at)
            documents = [
                Document(
                    collection=collection,
                    name=f"{at + first}.txt",
                    title=f"Document {at + first}",
                    sha256=f"{collection.pk}{at + first}"[-64:],
                    status="ready",
                    step="done",
                )
                for first in range(0, size, PASSAGES_A_DOCUMENT)
            ]
            chunks = [
                Chunk(
                    id=f"{generation.pk.hex[:16]}{at + place:016x}",
                    document=documents[place // PASSAGES_A_DOCUMENT],
                    generation=generation,
                    ordinal=place,
                    start=0,
                    end=1,
                    text=next(text),
                    indexed=True,
                )
                for place in range(size)
            ]
            Document.objects.bulk_create(documents)
            Chunk.objects.bulk_create(chunks)
            rows = centres[np.random.default_rng(at).integers(_CENTRES, size=size)]
            rows = rows + _SPREAD * np.random.default_rng(at + 1).normal(size=rows.shape)
            rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
            ids, owners = [chunk.id for chunk in chunks], [str(chunk.document_id) for chunk in chunks]
            registry.vector_index().upsert(generation.index_id, ids, owners, rows)
            registry.lexical_index().upsert(
                generation.index_id,
                [Passage(chunk.id, str(chunk.document_id), chunk.text) for chunk in chunks],
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--collections", type=int, default=1)
    parser.add_argument("--searches", type=int, default=200)
    parser.add_argument("--fill", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fill:
        fill(options.fill)
        return
    for count in options.passages:
        print(json.dumps(measure(count, options.collections, options.searches)), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kb_site.settings")
    main()
