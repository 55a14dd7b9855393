"""Where the site has a reranker, the first passages are in its order, and it never breaks a search."""

import threading
from collections.abc import Iterator, Sequence

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from accounts.models import User
from ingestion.finding import find
from ingestion.models import Collection
from kb_site import rerankers
from tests.conftest import signed_in
from tests.ingestion.material import ready
from tests.ingestion.test_api import post
from tests.llm.http_stub import Reply
from tests.search.rerank_stub import RerankStub

pytestmark = pytest.mark.django_db
NAMES = ("Ash", "Birch", "Cedar", "Elder", "Fir", "Hazel")


@pytest.fixture
def stub(settings: Settings) -> Iterator[RerankStub]:
    with RerankStub().serving() as server:
        settings.RERANKER = rerankers.reranker(
            "endpoint", model="", url=server.address, key="secret", timeout_s=20
        )
        settings.RERANKER_BUDGET_MS, settings.RERANKER_DEPTH = 20_000, 4
        yield server
        server.held.set()


@pytest.fixture
def trees(collection: Collection) -> Collection:
    """The longer a text, the lower our own order places it, and the lower the stub scores it."""
    for number, name in enumerate(NAMES):
        ready(
            collection,
            f"# {name}\n\nLeaves of the {name} are green." + " Bark is brown." * number,
            f"{name}.md",
        )
    return collection


def test_the_first_are_in_the_rerankers_order(
    trees: Collection, stub: RerankStub, settings: Settings, owner: User
) -> None:
    given, settings.RERANKER = settings.RERANKER, {}
    usual = find("green leaves", [trees], k=6)
    names = [hit.document for hit in usual.passages]
    settings.RERANKER = given
    assert len(find("green leaves", [trees], mode="lexical", k=6).passages) == 6
    assert stub.requests == [], "who asks for words alone gets just that"
    rows = [{"index": index, "relevance_score": value} for index, value in enumerate((-3, -1, -2, 4))]
    stub.reply = Reply(body={"results": rows})
    found = find("green leaves", [trees], k=6)
    assert [hit.document for hit in found.passages] == [names[place] for place in (3, 1, 2, 0, 4, 5)]
    assert [hit.reranked for hit in found.passages] == [4.0, -1.0, -2.0, -3.0, None, None]
    assert [hit.score for hit in found.passages] == [hit.score for hit in usual.passages]
    assert found.notes == []
    asked_about = stub.requests[0].body["documents"]
    assert [text.split("\n")[0] for text in asked_about] == names[:4], "the title goes along"
    second = find("green leaves", [trees], k=2, offset=2)
    assert [hit.document for hit in second.passages] == [names[2], names[0]]
    asked = {"query": "green leaves", "k": 6, "explain": True}
    assert post(signed_in(owner), "/search", asked).json()["hits"][0]["reranked"] == 4.0
    html = signed_in(owner).get("/?q=green+leaves").content.decode()
    assert "<dt>Reranker</dt><dd>4.00</dd>" in html


def test_without_its_answer_the_order_stays_and_people_are_told(
    trees: Collection, stub: RerankStub, settings: Settings
) -> None:
    given, settings.RERANKER = settings.RERANKER, {}
    usual = [hit.document for hit in find("green leaves", [trees]).passages]
    settings.RERANKER = given
    stub.reply = Reply(status=500, body="secret")
    found = find("green leaves", [trees])
    assert [hit.document for hit in found.passages] == usual
    assert [note for note in found.notes if "reranker does not work" in note] == found.notes != []
    ready_page = signed_in(None).get("/readyz").content.decode()
    assert "\nreranker: The reranker gave no scores: " in ready_page and "127.0.0.1" not in ready_page
    settings.RERANKER_BUDGET_MS = 20
    stub.held.clear()
    late = find("green leaves", [trees])
    assert [hit.document for hit in late.passages] == usual
    assert "did not answer in time" in late.notes[0]
    settings.RERANKER = {"BACKEND": "own.Mistyped", "OPTIONS": {}}
    mistyped = find("green leaves", [trees])
    assert [hit.document for hit in mistyped.passages] == usual
    assert "reranker" in mistyped.notes[0]
    settings.RERANKER = {}
    assert "reranker" not in signed_in(None).get("/readyz").content.decode()


def test_what_the_environment_names_is_checked() -> None:
    def named(name: str, model: str = "", url: str = "") -> dict[str, object]:
        return rerankers.reranker(name, model=model, url=url, key="secret", timeout_s=0.5)

    assert named("", "model", "http://host/rerank") == {}
    assert named("cross-encoder", "model")["OPTIONS"] == {"model": "model"}
    assert named("own.Reranker") == {"BACKEND": "own.Reranker", "OPTIONS": {}}
    for name in ("cross-encoder", "endpoint", "yes"):
        with pytest.raises(ImproperlyConfigured, match="RERANKER") as caught:
            named(name)
        assert "secret" not in str(caught.value)
    with pytest.raises(ImproperlyConfigured, match="RERANKER_DEPTH=1"):
        rerankers.within("RERANKER_DEPTH", 1, 2, 30)


class InParts:
    """Scores passages two at a time, the later ones higher, and is held up before the third."""

    loaded, at_a_time, held = True, 2, threading.Event()

    def load(self) -> None:
        """It is."""

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        if "Cedar" in texts[0]:
            self.held.wait(30)
        return [float(number) for number, _text in enumerate(texts)]


def test_what_was_read_in_time_is_in_its_order_and_people_are_told(
    trees: Collection, settings: Settings
) -> None:
    usual = [hit.document for hit in find("green leaves", [trees]).passages]
    assert usual[2] == "Cedar"
    settings.RERANKER = {"BACKEND": "tests.ingestion.test_reranked.InParts", "OPTIONS": {}}
    settings.RERANKER_BUDGET_MS, settings.RERANKER_DEPTH = 1_000, 4
    found = find("green leaves", [trees])
    InParts.held.set()
    assert [hit.document for hit in found.passages] == [usual[1], usual[0], *usual[2:]]
    assert [hit.reranked for hit in found.passages][:3] == [1.0, 0.0, None]
    assert found.notes == ["The reranker had time for the first 2 of 4 results; the others keep their order."]
