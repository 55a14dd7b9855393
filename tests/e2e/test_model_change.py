"""Another embedding model for a collection, with the real workers, while people search all the time."""

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest

from tests.e2e.conftest import Api, started
from tests.e2e.site import Site, generations

DOCUMENTS = 12
HITS = 20
PATIENCE_S = 300
CHANGE = (
    "from ingestion import reembedding, services; from ingestion.models import Collection; "
    "c = Collection.objects.get(slug='papers'); "
    "services.update_collection(collection=c, embedding='english'); reembedding.start_reembedding(c)"
)

pytestmark = pytest.mark.timeout(600)


def material() -> dict[str, bytes]:
    return {
        f"paper-{number:02}.md": "\n\n".join(
            f"## Part {part}\n\nPaper {number} finds in part {part}: "
            + f"the heron counted {number * 10 + part} fish. " * 20
            for part in range(4)
        ).encode()
        for number in range(DOCUMENTS)
    }


@dataclass
class Reader(threading.Thread):
    """Searches one question after another, each way, until told to stop; keeps what was wrong."""

    api: Api
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(name="reader", daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        while not self.done.wait(0.1):
            for mode in ("hybrid", "dense"):
                self.search(mode)

    def search(self, mode: str) -> None:
        body = {
            "query": "how many fish did the heron count",
            "collections": ["papers"],
            "k": HITS,
            "mode": mode,
        }
        answer = self.api.call("POST", "/search", json=body)
        found = answer.json()
        hits = len({hit["chunk_id"] for hit in found.get("hits", ())})
        self.answers[mode, hits] += 1
        if answer.status_code != 200 or hits < HITS or found.get("notes"):
            self.wrong.append(
                f"{answer.status_code} {mode}: {hits} hits, {found.get('notes') or answer.text[:300]}"
            )


def wait_until_ready(api: Api) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while api.call("GET", "/collections/papers/documents?status=ready").json()["count"] < DOCUMENTS:
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_people_search_all_the_time_while_the_model_is_changed(own_site: Site) -> None:
    own_site.extra |= {"EMBEDDING_MODEL": "multilingual", "RATE_LIMIT_SEARCH": "100000/minute"}
    api = started(own_site)
    assert api.call("POST", "/collections", json={"name": "Papers", "slug": "papers"}).status_code == 201
    files = list(material().items())
    for at in range(0, len(files), 20):
        api.upload("papers", dict(files[at : at + 20]))
    wait_until_ready(api)
    [(state, old)] = generations(own_site, "papers")
    assert (state, old.partition("-")[0]) == ("active", "e5")
    reader = Reader(api)
    reader.start()
    try:
        own_site.manage("shell", "-v0", "-c", CHANGE)
        assert [state for state, _model in generations(own_site, "papers")] == ["active", "building"]
        before = sum(reader.answers.values())
        deadline = time.monotonic() + PATIENCE_S
        while [state for state, _model in generations(own_site, "papers")] != ["retired", "active"]:
            assert time.monotonic() < deadline, generations(own_site, "papers")
            time.sleep(0.2)
        during = sum(reader.answers.values()) - before
        time.sleep(5)
    finally:
        reader.done.set()
        reader.join(timeout=60)
    assert reader.wrong == []
    assert during >= 10, "hardly anybody searched meanwhile"
    assert sum(reader.answers.values()) > before + during, "nobody searched the new index"
    assert generations(own_site, "papers")[-1][1] != old
    report = json.loads(own_site.manage("verify", "--json").stdout)
    assert (report["documents"], report["missing_in_index"], report["orphans_in_index"]) == (DOCUMENTS, 0, 0)
