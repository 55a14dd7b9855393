"""A watched folder with the real workers: files come, change and go, and kill -9 falls into it."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.e2e.conftest import PASSWORD, Api, started
from tests.e2e.site import WITHOUT_MODEL, Site

FILES = 120
PATIENCE_S = 300

pytestmark = pytest.mark.timeout(900)


def text(number: int, word: str) -> str:
    return f"# Note {number}\n\n" + "\n\n".join(
        f"The {word} number {number} stands in part {part}. " + f"Fact {number}-{part} matters. " * 15
        for part in range(4)
    )


def write(folder: Path, numbers: range, word: str) -> None:
    for number in numbers:
        (folder / f"group-{number % 3}").mkdir(parents=True, exist_ok=True)
        (folder / f"group-{number % 3}" / f"note-{number:03}.md").write_text(text(number, word))


class Page:
    """The administrator's browser, without JavaScript."""

    def __init__(self, site: Site) -> None:
        self.site, self.session = site, requests.Session()
        self.post("/login/", {"username": "root", "password": PASSWORD})

    def post(self, path: str, data: dict[str, str], at: str = "") -> requests.Response:
        self.session.get(f"{self.site.url}{at or path}", timeout=60)
        page = self.session.get(f"{self.site.url}{at or path}", timeout=60).text
        token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        answer = self.session.post(
            f"{self.site.url}{path}", data={**data, "csrfmiddlewaretoken": token}, timeout=60
        )
        assert answer.status_code == 200, answer.text
        return answer


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def counts(api: Api) -> dict[str, int]:
    found = {}
    for status in ("queued", "processing", "ready", "failed", "cancelled"):
        answer = api.call("GET", f"/collections/watched/documents?status={status}").json()
        if answer["count"]:
            found[status] = answer["count"]
    return found


def hits(api: Api, query: str) -> list[dict[str, object]]:
    body = {"query": query, "collections": ["watched"], "k": 50, "mode": "lexical"}
    answer = api.call("POST", "/search", json=body)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()["hits"]
    return found


def updates(api: Api) -> bool:
    """Whether a document of the first page is being updated."""
    rows = api.call("GET", "/collections/watched/documents").json()["results"]
    return any("update" in row for row in rows)


def test_a_collection_follows_its_folder_through_kill_minus_nine(own_site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    write(folder, range(FILES), "heron")
    own_site.extra |= {**WITHOUT_MODEL, "SOURCE_ROOTS": str(tmp_path)}
    api = started(own_site)
    assert api.call("POST", "/collections", json={"name": "Watched", "slug": "watched"}).status_code == 201
    page = Page(own_site)
    form = {"root": str(tmp_path), "path": "documents", "name": "Notes", "interval": "15"}
    address = page.post("/collections/watched/sources/new/", form).url.removeprefix(own_site.url)

    def shown() -> str:
        return page.session.get(f"{own_site.url}{address}", timeout=60).text

    # Killed in the middle of the first look, and of the reading: everything is there once.
    wait_until(lambda: sum(counts(api).values()) > FILES // 10)
    own_site.child("parse@youju").kill()
    wait_until(lambda: counts(api) == {"ready": FILES})

    # Changed, added and removed; killed again. Until a new text is ready its old one is found.
    write(folder, range(30), "badger")
    write(folder, range(FILES, FILES + 10), "otter")
    for number in range(FILES - 20, FILES):
        (folder / f"group-{number % 3}" / f"note-{number:03}.md").unlink()
    page.post(f"{address}sync/", {}, at=address)
    wait_until(lambda: updates(api) or bool(hits(api, "badger")))
    assert all(hits(api, f"number {number}") for number in (0, 15, 29))
    own_site.child("parse@youju").kill()
    own_site.child("index@youju").kill()
    expected = FILES + 10 - 20
    wait_until(lambda: counts(api) == {"ready": expected} and not updates(api) and "up to date" in shown())
    assert {str(hit["document"]) for hit in hits(api, "badger")} <= {f"Note {number}" for number in range(30)}
    assert hits(api, "badger")
    assert hits(api, "otter")
    assert not any("heron number 119" in str(hit["text"]) for hit in hits(api, "heron number 119"))

    # The folder goes away: nothing is removed.
    folder.rename(tmp_path / "away")
    page.post(f"{address}sync/", {}, at=address)
    wait_until(lambda: "Nothing was removed" in shown())
    assert counts(api) == {"ready": expected}
    report = json.loads(own_site.manage("verify", "--json").stdout)
    assert (report["documents"], report["missing_in_index"], report["orphans_in_index"]) == (expected, 0, 0)
    assert own_site.stop() == 0
