"""What a measurement was made on: the machine, the versions, the commit, and the memory of a running site."""

import os
import platform
import sqlite3
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from tests.e2e.site import Site

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("torch", "onnxruntime", "sentence-transformers", "chromadb", "tantivy", "Django", "celery")
# Of the last minute, before this process did anything: tells a busy machine from a quiet one.
LOAD_BEFORE = round(os.getloadavg()[0], 2)


def machine() -> dict[str, Any]:
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "processor": _processor(),
    }


def versions() -> dict[str, str]:
    found = {name: metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version, **found}


def commit() -> str:
    """Short name of the commit, with ``+`` where files differ from it; "" outside a repository."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!bench/history")
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def memory(site: Site) -> dict[str, int]:
    """Proportional set size in MiB of every process of the site, and their sum."""
    sizes: dict[str, int] = {}
    for process in site.processes():
        line = " ".join(process.cmdline())
        names = ("uvicorn", "index@youju", "parse@youju", "crawl@youju", "beat", "chroma", "redis-server",
                 "extract.child")  # fmt: skip
        name = next((name for name in names if name in line), "supervisor")
        sizes[name] = sizes.get(name, 0) + process.memory_full_info().pss // 2**20
    return sizes | {"sum": sum(sizes.values())}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = next((line for line in lines if line.startswith("model name")), "")
    return named.partition(":")[2].strip() or platform.processor() or platform.machine()
