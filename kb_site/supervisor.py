"""``manage.py up``: everything in the foreground, in the right order, and nothing left behind."""

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from importlib import metadata
from pathlib import Path

import requests
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from packaging.requirements import Requirement

from accounts.services import needs_setup, new_setup_token
from ingestion import golden_line, pipeline, syncing
from ingestion.models import Source
from kb_site import processes, services
from kb_site.processes import Child
from search import registry
from search.errors import SearchError

_CHECK_EVERY_S = 0.2
_ASK_EVERY_S = 0.5  # asking costs the starting web process time
_READY_TIMEOUT_S = 120

log = logging.getLogger(__name__)


def check_installation(requirements: Path) -> None:
    """Raises ``CommandError`` naming the first pinned package that is missing or of another version."""
    for line in requirements.read_text(encoding="utf-8").splitlines():
        written = line.split("#", 1)[0].strip()
        if not written:
            continue
        needed = Requirement(written)
        if needed.marker is not None and not needed.marker.evaluate():
            continue
        try:
            found = metadata.version(needed.name)
        except metadata.PackageNotFoundError:
            found = ""
        if not found or not needed.specifier.contains(found.split("+", 1)[0]):
            have = f"{found} is there" if found else "it is missing"
            version = str(needed.specifier).removeprefix("==")
            raise CommandError(
                f"The installation is broken: {needed.name} {version} is needed, {have}. "
                "Run `make install` and start again."
            )


def check_port(host: str, port: int) -> None:
    """Raises ``CommandError`` where nobody can listen there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError as error:
            raise CommandError(f"There is no port {port}. Choose one from 1 to 65535.") from error
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} cannot be used ({error.strerror}). "
                f"Stop what uses it, or choose another: make run PORT={port + 1}"
            ) from error


def check_model() -> None:
    """Raises ``CommandError`` where the embedding model that the settings name is not there."""
    try:
        registry.embedder().fingerprint  # noqa: B018 - locating the files is what is wanted
    except SearchError as error:
        raise CommandError(str(error)) from error
    for name, spec in settings.EMBEDDINGS.items():
        try:
            registry.embedder(spec).fingerprint  # noqa: B018 - this downloads what is not there yet
        except SearchError as error:
            log.warning("the embedding model %s cannot be chosen: %s", name, error)


class Supervisor:
    """Starts the children, restarts those that die, and stops all of them on SIGINT or SIGTERM."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._stop = threading.Event()
        self._chroma_url = settings.CHROMA_URL
        self._services: list[Child] = []
        self._workers: list[Child] = []

    def run(self) -> None:
        """Returns after a clean stop. Raises ``CommandError`` where the site cannot start or go on."""
        check_installation(settings.BASE_DIR / "requirements.txt")
        services.prepare_data_folder()
        lock = services.take_lock()
        if lock is None:
            raise CommandError(
                f"Youju is already running on the data folder {settings.DATA_DIR}. Stop it first."
            )
        check_port(settings.HOST, self.port)
        check_model()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._stop.set())
        try:
            self._start()
            self._watch()
        finally:
            self._shut_down()
            lock.close()

    def _start(self) -> None:
        began = time.monotonic()
        _say("Youju 有据 is starting …")
        if settings.OWN_CHROMA:
            self._chroma_url = f"http://127.0.0.1:{services.free_port()}"
            self._services.append(services.chroma_child(self._chroma_url))
        if settings.OWN_REDIS:
            self._services.append(services.redis_child())
        for child in self._services:
            child.start()
        web, *others = self._workers = self._make_workers()
        web.start()  # loads its model, the longest part of a start, while the tables are made
        call_command("migrate", verbosity=0)
        for child in others:
            self._release(child.name)
        for child in others:
            child.start()
        services.announce(services.Running(os.getpid(), self._chroma_url, workers=True))
        self._wait_until_ready()
        if not self._stop.is_set():
            self._greet(time.monotonic() - began)

    def _make_workers(self) -> list[Child]:
        env = {"CHROMA_URL": self._chroma_url, "PORT": str(self.port), "PYTHONUNBUFFERED": "1"}
        # Threads of torch that wait for work must not keep a core busy: the machine is shared.
        env["OMP_WAIT_POLICY"] = "PASSIVE"
        # This process has checked the site already; checks make each worker load all pages.
        env["CELERY_SKIP_CHECKS"] = "1"
        python = [sys.executable, "-m"]
        celery = [*python, "celery", "-A", "kb_site", "--quiet"]
        worker = [*celery, "worker", "--pool", "threads", "--loglevel", "INFO"]
        worker += ["--without-gossip", "--without-mingle"]
        parse = [*worker, "-Q", "extract", "-c", str(settings.PARSE_THREADS + 1), "-n", "parse@youju"]
        index = [*worker, "-Q", "index", "-c", "1", "-n", "index@youju"]
        crawl = [*worker, "-Q", "crawl", "-c", str(settings.CRAWL_SITES + 1), "-n", "crawl@youju"]
        web = [
            *python,
            "uvicorn",
            "kb_site.asgi:application",
            "--host",
            settings.HOST,
            "--port",
            str(self.port),
        ]
        # A question of 10,000 Chinese characters in an address is 90 KB, and deserves an answer of ours.
        web += ["--http", "h11", "--h11-max-incomplete-event-size", "262144"]
        web += ["--no-access-log", "--log-level", "warning", "--lifespan", "off"]
        web += ["--timeout-graceful-shutdown", "3"]
        beat = [*celery, "beat", "--loglevel", "WARNING", "--pidfile", ""]
        argvs = {"web": web, "index": index, "parse": parse, "crawl": crawl, "beat": beat}
        logs = Path(settings.LOG_DIR)
        return [
            Child(name, argv, logs / f"{name}.log", env, niceness=0 if name == "web" else 10)
            for name, argv in argvs.items()
        ]

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_TIMEOUT_S
        unready = ""
        while not self._stop.is_set():
            with contextlib.suppress(requests.RequestException):
                answer = requests.get(
                    f"http://{_loopback(settings.HOST)}:{self.port}/readyz",
                    timeout=5,
                    headers={"Host": "localhost"},
                )
                if answer.ok:
                    return
                unready = answer.text
            if time.monotonic() > deadline:
                raise CommandError(f"The site did not become ready in {_READY_TIMEOUT_S} s:\n{unready}")
            self._restart_dead()
            self._stop.wait(_ASK_EVERY_S)

    def _watch(self) -> None:
        while not self._stop.wait(_CHECK_EVERY_S):
            self._restart_dead()

    def _restart_dead(self) -> None:
        for child in (*self._services, *self._workers):
            if child.alive:
                continue
            if child.keeps_dying():
                raise CommandError(
                    f"{child.name} keeps stopping. Its log {child.log} ends with:\n{child.last_words()}"
                )
            _say(f"{child.name} stopped and is started again (log: {child.log})")
            self._stop.wait(min(2.0, 0.1 * 2 ** len(child.starts)))
            self._release(child.name)
            child.start()

    @staticmethod
    def _release(name: str) -> None:
        """What a dead worker held may be taken at once; where the database cannot be written, when its
        leases have run out."""
        try:
            if name == "parse":
                pipeline.release_all()
                syncing.release_all(Source.Kind.FOLDER)
            elif name == "crawl":
                syncing.release_all(Source.Kind.WEB)
                golden_line.release_all()
        except DatabaseError as error:
            _say(f"The work of {name} goes on when its leases end: {error}")

    def _greet(self, seconds: float) -> None:
        address = (
            settings.SITE_URL if "SITE_URL" in os.environ else f"http://{_shown(settings.HOST)}:{self.port}"
        )
        _say(f"Ready after {seconds:.0f} s at {address}")
        if needs_setup():
            _say("First visit, set the administrator's password 首次访问，设置管理员密码:")
            _say(f"  {address}/welcome/{new_setup_token()}/")
        _say("Ctrl-C stops everything.")

    def _shut_down(self) -> None:
        _say("Stopping …")
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        processes.stop(self._workers, grace_s=15)
        processes.stop(self._services, grace_s=8)
        services.withdraw()
        if settings.OWN_REDIS:
            Path(settings.REDIS_SOCKET).unlink(missing_ok=True)
        _say("Stopped.")


def _say(line: str) -> None:
    print(line, flush=True)


def _loopback(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else _loopback(host)
