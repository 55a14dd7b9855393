"""One running site for the browser tests, and an API client for those that need no browser."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.site import WITHOUT_MODEL, Site

PASSWORD = "correct-horse-battery"
_PREPARE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("createsuperuser", interactive=False, username="root", email="root@example.org", verbosity=0)
call_command("apikey", "tests", user="root", json=True)
"""


@dataclass(frozen=True)
class Api:
    """The contract's HTTP API, as the administrator."""

    site: Site
    key: str

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.key}"}
        return requests.request(
            method, f"{self.site.url}/api/v1{path}", headers=headers, timeout=60, **options
        )

    def upload(self, slug: str, files: dict[str, bytes]) -> list[dict[str, object]]:
        parts = [("file", (name, data)) for name, data in files.items()]
        answer = self.call("POST", f"/collections/{slug}/documents", files=parts)
        assert answer.status_code == 202, answer.text
        documents: list[dict[str, object]] = answer.json()["documents"]
        return documents


def with_administrator(site: Site, name: str = "root") -> Api:
    """An administrator made on the command line, and a key of theirs."""
    site.extra["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
    site.manage("createsuperuser", "--noinput", "--username", name, "--email", "root@example.org")
    made = site.manage("apikey", "tests", "--user", name, "--json")
    return Api(site, json.loads(made.stdout)["key"])


@cache
def _prepared() -> tuple[Path, str]:
    """A data folder with its tables, an administrator and a key of theirs, made once for all processes."""
    shared = Path(os.environ["YOUJU_TEST_DATA_DIR"]) / "prepared"
    shared.mkdir(exist_ok=True)
    site, key = Site(shared / "data"), shared / "key.json"
    with open(shared / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not key.exists():
            site.extra["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
            key.write_text(site.manage("shell", "-v0", "-c", _PREPARE).stdout)
    return site.folder, json.loads(key.read_text())["key"]


def prepare(site: Site) -> str:
    """Gives a site that was not started yet a data folder that was used before, which spares it its first
    start; returns the administrator's key."""
    folder, key = _prepared()
    shutil.copytree(folder, site.folder, dirs_exist_ok=True)
    return key


def started(site: Site) -> Api:
    """Starts a site that was used before."""
    key = prepare(site)
    site.start()
    return Api(site, key)


@pytest.fixture(scope="session")
def running_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Started as a new user would, before anybody is an administrator."""
    site = Site(tmp_path_factory.mktemp("site") / "data").start()
    yield site
    if site.process is not None and site.process.poll() is None:
        site.stop()


@pytest.fixture(scope="session")
def used_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A running site with the administrator ``root``, shared by tests that each bring what they need; no
    process loads a model. Other than ``running_site`` it does not matter who comes first."""
    site = Site(tmp_path_factory.mktemp("used") / "data")
    site.extra |= WITHOUT_MODEL
    yield started(site)
    if site.process is not None and site.process.poll() is None:
        site.stop()


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """A site of the test's own, not started; whatever is left of it is killed at the end."""
    site = Site(tmp_path / "data")
    yield site
    if site.process is not None and site.process.poll() is None:
        site.process.kill()
    for process in site.processes():
        process.kill()
