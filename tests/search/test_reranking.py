"""What every reranker must do, how each kind fails, and the bounds that it is held to."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from search.errors import RerankerUnavailable
from search.protocols import Reranker
from search.reranking.bounded import FAILURES, REST_S, BoundedReranker
from search.reranking.cross_encoder import CrossEncoderReranker
from search.reranking.endpoint import EndpointReranker
from tests.llm.http_stub import Reply
from tests.search import tiny_cross_encoder
from tests.search.rerank_stub import RerankStub

KEY = "key-that-nobody-may-read"
QUERY = "how high is the lighthouse"
TEXTS = ["The lighthouse is 42 metres high.", "灯塔高四十二米。", "Bread and butter.", ""]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_cross_encoder.save(tmp_path_factory.mktemp("cross-encoder"))


@pytest.fixture
def stub() -> Iterator[RerankStub]:
    with RerankStub().serving() as server:
        yield server
        server.held.set()


@pytest.fixture(params=["cross_encoder", "documents", "texts"])
def reranker(request: pytest.FixtureRequest, tiny: Path) -> Iterator[Reranker]:
    if request.param == "cross_encoder":
        yield CrossEncoderReranker(str(tiny))
        return
    with RerankStub(tei=request.param == "texts").serving() as server:
        yield EndpointReranker(server.address, model="m", key=KEY)


def test_contract(reranker: Reranker) -> None:
    assert reranker.scores(QUERY, []) == []
    scores = reranker.scores(QUERY, TEXTS)
    assert reranker.loaded
    assert len(set(scores)) == len(TEXTS)
    backwards = reranker.scores(QUERY, TEXTS[::-1])
    assert backwards[::-1] == pytest.approx(scores, abs=1e-4)
    assert len(reranker.scores("lone \ud800 surrogate", ["text \udfff", "word " * 5000])) == 2
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _number: reranker.scores(QUERY, TEXTS), range(8)):
            assert found == pytest.approx(scores, abs=1e-4)


def test_a_model_that_is_none_is_told(tmp_path: Path) -> None:
    for folder in (tmp_path / "missing", tiny_cross_encoder.save(tmp_path / "three", outputs=3)):
        with pytest.raises(RerankerUnavailable, match="RERANKER_MODEL"):
            CrossEncoderReranker(str(folder)).load()


def test_the_endpoint_is_asked_as_the_protocols_say(stub: RerankStub) -> None:
    asked = EndpointReranker(f"{stub.address}/v1", model="bge-reranker", key=KEY)
    asked.scores(QUERY, TEXTS)
    (request,) = stub.requests
    assert (request.method, request.path) == ("POST", "/v1/rerank")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body == {"model": "bge-reranker", "query": QUERY, "documents": TEXTS, "top_n": 4}


def test_what_the_server_takes_is_found_out_once() -> None:
    with RerankStub(tei=True).serving() as server:
        asked = EndpointReranker(f"{server.address}/rerank")
        asked.scores(QUERY, TEXTS)
        asked.scores(QUERY, TEXTS)
        assert ["texts" in request.body for request in server.requests] == [False, True, True]
        assert "authorization" not in server.requests[0].headers


ROW = {"index": 0, "relevance_score": 0.5}


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500, body={"error": KEY}),
        Reply(status=401, body=f"no such key: {KEY}"),
        Reply(status=302, headers={"Location": "/elsewhere"}, body=""),
        Reply(body="<html>"),
        Reply(body={"data": []}),
        Reply(body={"results": [ROW]}),
        Reply(body={"results": [ROW, {"index": "1", "relevance_score": 1}]}),
        Reply(body={"results": [ROW, {"index": 1, "relevance_score": float("nan")}]}),
        Reply(body={"results": [ROW, {"index": 7, "relevance_score": 1}]}),
        Reply(body=[None, 3]),
        Reply(hang_up=True),
    ],
)
def test_what_is_no_answer_is_an_error_without_secrets(stub: RerankStub, reply: Reply) -> None:
    stub.reply = reply
    with pytest.raises(RerankerUnavailable) as caught:
        EndpointReranker(f"{stub.address}/rerank?access_token={KEY}", key=KEY).scores(QUERY, TEXTS[:2])
    assert KEY not in str(caught.value)
    assert {request.path for request in stub.requests} == {"/rerank"}


def test_addresses_and_keys_are_checked_without_being_told() -> None:
    for url, key in [
        ("rerank", ""),
        ("ftp://host/rerank", ""),
        ("http://host/", "密钥"),
        ("http://host/", "a\nb"),
    ]:
        with pytest.raises(ValueError) as caught:
            EndpointReranker(url, key=key)
        assert not key or key not in str(caught.value)


class Scripted:
    """A class of the administrator's own; ``act`` is what it does when it is asked."""

    def __init__(self, act: Callable[[], list[float]], *, loads: Callable[[], None] | None = None) -> None:
        self.act, self.loads = act, loads
        self.loaded = loads is None
        self.asked = 0

    def load(self) -> None:
        if self.loads:
            self.loads()
        self.loaded = True

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        self.asked += 1
        return self.act()


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def bounded(reranker: Reranker, clock: Clock, budget_ms: int = 20_000) -> BoundedReranker:
    return BoundedReranker(reranker, budget_ms=budget_ms, depth=20, clock=clock)


def test_a_late_answer_is_dropped(stub: RerankStub) -> None:
    stub.held.clear()
    asked = bounded(EndpointReranker(stub.address, timeout_s=30), Clock(), budget_ms=20)
    with pytest.raises(RerankerUnavailable, match="in time"):
        asked.scores(QUERY, TEXTS)
    assert asked.trouble == "late"
    stub.held.set()
    with RerankStub().serving() as other:
        prompt = bounded(EndpointReranker(other.address), Clock())
        assert prompt.scores(QUERY, TEXTS) == prompt.scores(QUERY, TEXTS)
        assert len(other.requests) == 1, "the same passages are not asked about twice"


def test_what_is_read_in_time_counts_and_the_rest_is_dropped() -> None:
    class Slow(Scripted):
        at_a_time = 2

        def scores(self, query: str, texts: Sequence[str]) -> list[float]:
            self.asked += 1
            if self.asked == 2:
                held.wait(30)
            return [float(len(text)) for text in texts]

    held, clock = threading.Event(), Clock()
    slow = Slow(list)
    asked = bounded(slow, clock, budget_ms=500)
    assert asked.scores(QUERY, TEXTS) == [float(len(text)) for text in TEXTS[:2]]
    assert asked.trouble == "", "a part is an answer"
    held.set()
    assert len(asked.scores(QUERY, TEXTS)) == 2, "the next page is cut out of the same order"
    assert bounded(slow, clock).scores("another question", TEXTS) == [float(len(text)) for text in TEXTS]


def test_a_cross_encoder_is_asked_a_few_passages_at_a_time(tiny: Path) -> None:
    model = CrossEncoderReranker(str(tiny))
    model.load()
    found = bounded(model, Clock()).scores(QUERY, TEXTS * 3)
    assert found == pytest.approx(model.scores(QUERY, TEXTS) * 3, abs=1e-4)


def test_who_fails_three_times_is_left_alone_for_a_while(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> list[float]:
        raise OSError(f"refused {KEY}")

    clock, scripted = Clock(), Scripted(fail)
    asked = bounded(scripted, clock)
    for _time in range(FAILURES + 2):
        with pytest.raises(RerankerUnavailable):
            asked.scores(QUERY, TEXTS)
    assert scripted.asked == FAILURES
    assert asked.trouble == "OSError"
    assert KEY not in caplog.text
    scripted.act = lambda: [1.0, 2.0, 3.0, 4.0]
    clock.now += REST_S + 1
    assert asked.scores(QUERY, TEXTS) == [1.0, 2.0, 3.0, 4.0]
    assert asked.trouble == ""
    scripted.act = lambda: [1.0, float("nan")]
    with pytest.raises(RerankerUnavailable):
        asked.scores(QUERY, TEXTS[:2])


def test_nobody_waits_for_loading_and_what_fails_is_tried_again_later() -> None:
    clock, may_load = Clock(), threading.Event()

    def fail() -> None:
        may_load.wait(30)
        raise RerankerUnavailable("no such model")

    scripted = Scripted(lambda: [1.0], loads=fail)
    asked = bounded(scripted, clock)
    for _time in range(FAILURES + 2):
        with pytest.raises(RerankerUnavailable, match="not ready yet"):
            asked.scores("q", ["t"])
    assert (scripted.asked, asked.trouble) == (0, "loading")
    may_load.set()
    _settled()
    assert asked.trouble == "no such model"
    with pytest.raises(RerankerUnavailable, match="does not work"):
        asked.scores("q", ["t"])
    scripted.loads = None
    clock.now += REST_S + 1
    with pytest.raises(RerankerUnavailable):
        asked.scores("q", ["t"])
    _settled()
    assert asked.scores("q", ["t"]) == [1.0]


def _settled() -> None:
    """Waits until nothing is being loaded."""
    for thread in threading.enumerate():
        if thread.name == "load-reranker":
            thread.join(30)
