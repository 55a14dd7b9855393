"""Searches over many passages, or over many collections: ``python -m bench.scale --passages 10000 100000``.

Text is made from a seed, vectors are points around centres drawn at random, both written into the indexes of
a running site as the index worker would. ``--collections 200`` spreads the passages over so many collections,
which are searched at once. Needs about 5 KB of disk and 2.5 KB of memory for each passage.

Of several sizes the growth is printed and plotted (``--plot FILE``).
``--keep FOLDER`` leaves the filled sites there, one folder for each size, and uses them again; make them
anew when the format of an index changes.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bench import history
from bench.articles import passages, questions
from bench.machine import commit, memory
from bench.plot import plot
from bench.searching import Searcher
from tests.e2e.conftest import Api, with_administrator
from tests.e2e.site import ROOT, Site

SEEDS = (3, 4, 5)
PASSAGES_A_DOCUMENT = 20
_FILLED = "filled.json"
_AT_ONCE = 2000
_CENTRES = 1000
_SPREAD = 0.6
_TELL_EVERY = 50_000


def measure(count: int, collections: int, searches: int, keep: Path | None) -> dict[str, Any]:
    """Latency over HTTP in milliseconds of one client, and memory of all processes in MiB."""
    with _folder(keep, f"{count}-{collections}") as folder:
        site = Site(folder / "data", extra={"RATE_LIMIT_SEARCH": "off"})
        try:
            site.start()
            filled = _filled(site, folder / _FILLED, count, collections)
            searcher = Searcher(Api(site, filled["key"]), filled["slugs"])
            searcher.all(questions(_texts(), 30, seed=SEEDS[0]))
            times = searcher.all(questions(_texts(), searches, seed=SEEDS[1]))
            sizes = memory(site)
        finally:
            if site.process is not None and site.process.poll() is None:
                site.stop()
    told = {"passages": count, "collections": collections}
    return told | {"filling_took": filled["took"]} | times.figures() | {"memory_mb": sizes}


@contextmanager
def _folder(keep: Path | None, name: str) -> Iterator[Path]:
    """A folder that goes away; or one under ``keep`` that stays, emptied if it was not filled to the end."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="youju-scale-") as scratch:
            yield Path(scratch)
        return
    folder = keep.resolve() / name
    if not (folder / _FILLED).exists():
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    yield folder


def _filled(site: Site, note: Path, count: int, collections: int) -> dict[str, Any]:
    """What was noted when the site was filled, which happens now unless it was kept."""
    if not note.exists():
        api = with_administrator(site)
        slugs = [f"many-{number}" for number in range(collections)]
        for slug in slugs:
            api.call("POST", "/collections", json={"name": slug, "slug": slug})
        began = time.monotonic()
        _fill(site, count)
        took = f"{time.monotonic() - began:.0f} s"
        told = {"key": api.key, "slugs": slugs, "took": took, "commit": commit()}
        note.write_text(json.dumps(told), encoding="utf-8")
    else:
        print(f"{count} passages are kept in {note.parent}", file=sys.stderr)
    found: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
    return found


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

    centres = np.random.default_rng(SEEDS[2]).normal(size=(_CENTRES, 384))
    text = passages()
    began, written, told = time.monotonic(), 0, 0
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
            written += size
            if written - told >= _TELL_EVERY:
                rate = written / (time.monotonic() - began)
                left = (count - written) / rate
                print(
                    f"{written:,} written, {rate:.0f} a second, {left:.0f} s left",
                    file=sys.stderr,
                    flush=True,
                )
                told = written


def growth(results: Sequence[dict[str, Any]]) -> str:
    """A line for each size, with bars for the 95th percentile and what it is against the smallest size."""
    first, most = results[0], max(result["p95_ms"] for result in results)
    lines = [f"{'passages':>10} {'p50 ms':>8} {'p95 ms':>8} {'growth':>7} {'MiB':>6}"]
    for result in results:
        grown = result["p95_ms"] / first["p95_ms"]
        bar = "█" * max(1, round(40 * result["p95_ms"] / most))
        lines.append(
            f"{result['passages']:10,} {result['p50_ms']:8.1f} {result['p95_ms']:8.1f} {grown:6.2f}x "
            f"{result['memory_mb']['sum']:6} {bar}"
        )
    return "\n".join(lines)


def _plotted(results: Sequence[dict[str, Any]], file: Path) -> None:
    at = [result["passages"] for result in results]
    lines = {name: [result[f"{name}_ms"] for result in results] for name in ("p50", "p95")}
    collections = results[0]["collections"]
    title = f"One search, passages in {collections} collection{'s' if collections > 1 else ''}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(plot(title, "ms", at, lines), encoding="utf-8")
    print(f"plotted in {file}", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.scale", description=__doc__)
    parser.add_argument("--passages", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--collections", type=int, default=1)
    parser.add_argument("--searches", type=int, default=200)
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="where filled sites stay for the next run"
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help="the SVG, of two sizes or more")
    parser.add_argument("--fill", type=int, help=argparse.SUPPRESS)
    history.add_option(parser)
    options = parser.parse_args()
    if options.fill:
        fill(options.fill)
        return
    results = []
    for count in sorted(set(options.passages)):
        results.append(measure(count, options.collections, options.searches, options.keep))
        print(json.dumps(results[-1]), file=sys.stderr, flush=True)
        # Each size is a run of its own, so that it is compared whichever others are measured with it.
        settings = {"passages": count, "collections": options.collections, "searches": options.searches}
        history.report("scale", results[-1], settings=settings, seed=SEEDS, keep=not options.no_history)
    print(growth(results))
    if len(results) > 1:
        _plotted(results, options.plot or history.OUT / f"scale-{options.collections}.svg")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kb_site.settings")
    main()
