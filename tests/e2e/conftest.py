"""One running site for the browser tests, and an API client for those that need no browser."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.site import Site

PASSWORD = "correct-horse-battery"


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
    import json

    site.extra["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
    site.manage("createsuperuser", "--noinput", "--username", name, "--email", "root@example.org")
    made = site.manage("apikey", "tests", "--user", name, "--json")
    return Api(site, json.loads(made.stdout)["key"])


@cache
def _prepared() -> tuple[Path, str]:
    """A data folder with its tables, an administrator and a key of theirs, made once by each process."""
    folder = Path(tempfile.mkdtemp(prefix="youju-prepared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    site = Site(folder / "data")
    site.manage("migrate", "--verbosity", "0")
    return site.folder, with_administrator(site).key


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


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """A site of the test's own, not started; whatever is left of it is killed at the end."""
    site = Site(tmp_path / "data")
    yield site
    if site.process is not None and site.process.poll() is None:
        site.process.kill()
    for process in site.processes():
        process.kill()
