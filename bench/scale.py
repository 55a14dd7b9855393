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

from bench import history
from bench.articles import passages, questions
from bench.machine import commit, memory
from bench.plot import plot
from bench.searching import Searcher
from tests.e2e.conftest import Api, with_administrator
from tests.e2e.site import ROOT, Site

SEEDS = (3, 4, 5)
_FILLED = "filled.json"


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
    command = [sys.executable, "-m", "bench.filling", str(count), str(SEEDS[2])]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def _chroma(site: Site) -> str:
    line = site.child("chroma").cmdline()
    return f"http://127.0.0.1:{line[line.index('--port') + 1]}"


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
    history.add_option(parser)
    options = parser.parse_args()
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
    main()
