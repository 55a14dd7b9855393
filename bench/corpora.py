"""Real corpora through the running site: read, split, embedded, indexed; then the same once more."""

import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from bench.encoder import alone
from tests.e2e.site import Site

CORPORA = ("vue-docs-zh", "scifact")
_DELETE = """
from ingestion import services
from ingestion.models import Collection
services.delete_collection(collection=Collection.objects.get(slug="corpus"))
"""
_NAMES = ("uvicorn", "index@youju", "parse@youju", "beat", "chroma", "redis-server", "extract.child")


def measure(names: list[str], most: int) -> dict[str, Any]:
    """Each corpus under ``YOUJU_DATA``; at most ``most`` documents of one, 0 for all."""
    data = os.environ.get("YOUJU_DATA", "")
    if not data:
        return {"skipped": "YOUJU_DATA names no folder"}
    return {name: _one(Path(data) / name, most) for name in names}


def _one(source: Path, most: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="youju-corpus-") as folder:
        site = Site(Path(folder) / "data")
        paths = _paths(source, most, Path(folder))
        peak: dict[str, int] = {}
        try:
            site.start()
            with peak_memory(site, peak):
                first = _ingest(site, paths)
                site.manage("shell", "-c", _DELETE)
                _wait_until_cleared(site)
                again = _ingest(site, paths)
        finally:
            if site.process is not None and site.process.poll() is None:
                site.stop()
        encoder = alone(site)
    return {
        "first": first,
        "again": again,
        "reingestion_ratio": round(again["seconds"] / first["seconds"], 3),
        "encoder_alone": encoder,
        "ratio_to_encoder": round(first["chunks_per_s"] / encoder["chunks_per_s"], 3),
        # Of processor time: what the index worker needs beside embedding, whoever else uses the machine.
        "cpu_ratio_to_encoder": round(encoder["cpu_s"] / first["index_worker_cpu_s"], 3),
        "peak_memory_mb": peak,
    }


def _paths(source: Path, most: int, folder: Path) -> list[str]:
    """The folder's files, or a corpus of its first documents."""
    corpus = source / "corpus.jsonl"
    if not corpus.exists():
        files = sorted(str(file) for file in source.rglob("*") if file.suffix in {".md", ".txt", ".html"})
        return files[:most] if most else files
    if not most:
        return [str(corpus)]
    part = folder / "corpus.jsonl"
    with corpus.open(encoding="utf-8") as lines:
        part.write_text("".join(islice(lines, most)), encoding="utf-8")
    return [str(part)]


def _ingest(site: Site, paths: list[str]) -> dict[str, Any]:
    """From the first file to the last document ready, as ``manage.py ingest --wait`` measures it."""
    worker = site.child("index@youju")
    before = _seconds_used(worker)
    done = json.loads(
        site.manage("ingest", *paths, "--collection", "corpus", "--wait", "--json", check=False).stdout
    )
    used = _seconds_used(worker) - before
    rows, seconds = done["documents"], done["seconds"]
    chunks = sum(row["chunks"] for row in rows)
    return {
        "files": len(rows),
        "failed": sum(row["status"] != "ready" for row in rows),
        "chunks": chunks,
        "seconds": round(seconds, 2),
        "files_per_s": round(len(rows) / seconds, 2),
        "chunks_per_s": round(chunks / seconds, 2),
        "index_worker_cpu_s": round(used, 2),
    }


def _seconds_used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _wait_until_cleared(site: Site, patience_s: float = 120) -> None:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        report = json.loads(site.manage("verify", "--json", check=False).stdout)
        if not report["orphans_in_index"]:
            return
        time.sleep(1)
    raise SystemExit("the deleted collection is still in the indexes")


@contextmanager
def peak_memory(site: Site, peak: dict[str, int]) -> Iterator[None]:
    """Fills ``peak`` with the largest resident size in MiB of each kind of process, about twice a second."""
    done = threading.Event()

    def sample() -> None:
        while not done.wait(0.5):
            ours = site.processes()
            for process in {*ours, *(child for one in ours for child in _children(one))}:
                try:
                    line, size = " ".join(process.cmdline()), process.memory_info().rss >> 20
                except psutil.Error:
                    continue
                name = next((name for name in _NAMES if name in line), "")
                if name:
                    peak[name] = max(peak.get(name, 0), size)

    sampler = threading.Thread(target=sample, name="memory", daemon=True)
    sampler.start()
    try:
        yield
    finally:
        done.set()
        sampler.join()


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = process.children()
    except psutil.Error:
        return []
    return found
