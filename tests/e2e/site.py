"""The real site as a person starts it: ``manage.py up`` on a data folder and port of its own."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests

ROOT = Path(__file__).resolve().parents[2]
READY_S = 120
# For tests in which only the work counts, not what is understood: no process loads a model.
WITHOUT_MODEL = {"EMBEDDING_BACKEND": "search.embedding.hashed.HashedEmbedder"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def generations(site: "Site", slug: str) -> list[tuple[str, str]]:
    """State and model of each index of a collection, oldest first."""
    query = (
        "SELECT g.state, g.embedding FROM ingestion_generation g JOIN ingestion_collection c "
        "ON c.id = g.collection_id WHERE c.slug = ? ORDER BY g.created_at"
    )
    with closing(sqlite3.connect(site.folder / "youju.sqlite3", timeout=30)) as database:
        return [(str(state), str(model)) for state, model in database.execute(query, (slug,))]


@dataclass
class Site:
    folder: Path
    port: int = field(default_factory=free_port)
    extra: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        dropped = {"DJANGO_SETTINGS_MODULE", "REDIS_URL", "CHROMA_URL"}
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        return {**kept, "DATA_DIR": str(self.folder), "PORT": str(self.port), **self.extra}

    def start(self) -> "Site":
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        deadline = time.monotonic() + READY_S
        while not any(line.startswith("Ready") for line in self.lines):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("the site did not start:\n" + "\n".join(self.lines))
            time.sleep(0.1)
        time.sleep(0.2)
        return self

    def _read(self) -> None:
        assert self.process is not None and self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def welcome_path(self) -> str:
        found = re.search(r"/welcome/[^/\s]+/", "\n".join(self.lines))
        assert found, self.lines
        return found.group()

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """As Ctrl-C does; returns the exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=40)

    def processes(self) -> list[psutil.Process]:
        """Everything that runs on this data folder, by its environment."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("DATA_DIR") == str(self.folder):
                    found.append(process)
            except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
        return found

    def child(self, word: str) -> psutil.Process:
        """The first child of the supervisor whose command line holds ``word``."""
        return self.children(word)[0]

    def children(self, word: str) -> list[psutil.Process]:
        """At least one."""
        assert self.process is not None
        found = []
        for one in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # one that ended, or was killed a moment ago
                if any(word in part for part in one.cmdline()):
                    found.append(one)
        assert found, f"no child with {word!r}"
        return found

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command of ``manage.py`` on the same data folder."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.env, capture_output=True, text=True
        )
        if check and done.returncode:
            raise AssertionError(f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=30, **options)
