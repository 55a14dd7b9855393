"""``manage.py up``: everything in the foreground, in the right order, and nothing left behind."""

import contextlib
import importlib
import io
import logging
import os
import signal
import threading
import time
from importlib import metadata
from pathlib import Path

import requests
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections
from packaging.requirements import Requirement

from accounts.services import needs_setup, new_setup_token
from ingestion import golden_line, pipeline, syncing
from ingestion.models import Source
from kb_site import forking, processes, services
from kb_site.listening import listen
from kb_site.processes import Child
from llm import endpoints
from search import registry
from search.errors import SearchError

_CHECK_EVERY_S = 0.2
_ASK_EVERY_S = 0.5  # asking costs the starting web process time
_READY_TIMEOUT_S = 120
_FILES = 4096  # one for each mirror of vectors, and connections
# What the workers import, without what must not be there at a fork (see ``kb_site.forking``).
_SHARED = (
    "uvicorn",
    "uvicorn.protocols.http.h11_impl",
    "kb_site.body_limit",
    "kb_site.middleware",
    "kb_site.urls",
    "kb_site.warm_up",
    "celery.bin.celery",
    "celery.apps.worker",
    "celery.apps.beat",
    "celery.concurrency.thread",
    "celery.worker.consumer",
    "kombu.transport.redis",
)

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


def check_model() -> None:
    """Raises ``CommandError`` where the embedding model that the settings name is not there."""
    if problem := _problem_of_model(settings.EMBEDDING):
        raise CommandError(problem)
    for name, spec in settings.EMBEDDINGS.items():
        if problem := _problem_of_model(spec):
            log.warning("the embedding model %s cannot be chosen: %s", name, problem)


def _problem_of_model(spec: registry.Spec) -> str:
    """Why the model's files are not there, or "". They are downloaded by another process, since the library
    that does it leaves threads behind."""

    def locate() -> str:
        try:
            registry.embedder(spec).fingerprint  # noqa: B018 - locating the files is what is wanted
        except SearchError as error:
            return str(error)
        return ""

    return locate() if registry.is_at_hand(spec) else forking.asked_in_a_fork(locate)


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
        processes.allow_files(_FILES)
        lock = services.take_lock()
        if lock is None:
            raise CommandError(
                f"Youju is already running on the data folder {settings.DATA_DIR}. Stop it first."
            )
        self._door = listen(settings.HOST, self.port)
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
        services.use(self._chroma_url)
        _import_what_they_share()
        web, *others = self._workers = self._make_workers()
        _fork(web)  # loads its model, the longest part of a start, while the tables are made
        call_command("check", stdout=io.StringIO())
        call_command("migrate", verbosity=0, skip_checks=True)
        for child in others:
            self._release(child.name)
        for child in others:
            _fork(child)
        services.announce(services.Running(os.getpid(), self._chroma_url, workers=True))
        self._wait_until_ready()
        if not self._stop.is_set():
            self._greet(time.monotonic() - began)
            self._start_more_web_processes()

    def _make_workers(self) -> list[Child]:
        env = {"CHROMA_URL": self._chroma_url, "PORT": str(self.port)}
        # Threads of torch that wait for work must not keep a core busy: the machine is shared.
        env["OMP_WAIT_POLICY"] = "PASSIVE"
        # This process has checked the site already.
        env["CELERY_SKIP_CHECKS"] = "1"
        celery = ["celery", "-A", "kb_site", "--quiet"]
        worker = [*celery, "worker", "--pool", "threads", "--loglevel", "INFO"]
        worker += ["--without-gossip", "--without-mingle"]
        parse = [*worker, "-Q", "extract", "-c", str(settings.PARSE_THREADS + 1), "-n", "parse@youju"]
        index = [*worker, "-Q", "index", "-c", "1", "-n", "index@youju"]
        crawl = [*worker, "-Q", "crawl", "-c", str(settings.CRAWL_SITES + 1), "-n", "crawl@youju"]
        beat = [*celery, "beat", "--loglevel", "WARNING", "--pidfile", ""]
        logs = Path(settings.LOG_DIR)

        def child(name: str, argv: list[str], title: str, niceness: int = 10) -> Child:
            return Child(name, argv, logs / f"{name}.log", env, niceness=niceness, title=title)

        return [
            self._web_process(1, env),
            child("index", index, "youju index@youju"),
            child("parse", parse, "youju parse@youju"),
            child("crawl", crawl, "youju crawl@youju"),
            child("beat", beat, "youju beat"),
        ]

    def _web_process(self, number: int, env: dict[str, str]) -> Child:
        """The first loads beside its first requests; others serve when they have loaded."""
        name = "web" if number == 1 else f"web-{number}"
        argv = ["kb_site.web", str(self._door.fileno()), *(["--warm"] if number > 1 else [])]
        log = Path(settings.LOG_DIR) / f"{name}.log"
        return Child(name, argv, log, env, title="youju web uvicorn", keeps=(self._door.fileno(),))

    def _start_more_web_processes(self) -> None:
        """One is enough where it loads a language model: two would load it twice."""
        alone = endpoints.any_in_process()
        connections.close_all()
        for number in range(2, 2 if alone else settings.WEB_PROCESSES + 1):
            child = self._web_process(number, dict(self._workers[0].env))
            _fork(child)
            self._workers.append(child)

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
            _fork(child)

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
        self._door.close()
        processes.stop(self._workers, grace_s=15)
        processes.stop(self._services, grace_s=8)
        services.withdraw()
        if settings.OWN_REDIS:
            Path(settings.REDIS_SOCKET).unlink(missing_ok=True)
        _say("Stopped.")


def _import_what_they_share() -> None:
    for name in _SHARED:
        importlib.import_module(name)


def _fork(child: Child) -> None:
    connections.close_all()
    child.start()


def _say(line: str) -> None:
    print(line, flush=True)


def _loopback(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else _loopback(host)
