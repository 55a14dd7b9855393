"""Retries, the circuit breaker and the limit on concurrency, on a clock that the tests hold."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import ClassVar

import pytest

from llm.bloom import Bloom
from llm.breaker import Breaker
from llm.ernie import Ernie
from llm.errors import AuthRefused, BadResponse, LLMError, Loading, RateLimited, Unavailable
from llm.guard import FIRST_STEP_S, Guarded, Limits, Timing
from llm.types import Backend, Delta, Description, Kind, Message, Options, Pause, Request
from tests.llm.ernie_stub import API_KEY, SECRET_KEY, ErnieStub, refused, v1_spoken
from tests.llm.http_stub import Reply
from tests.llm.tgi_stub import TGIStub, spoken

REQUEST = Request(messages=[Message("user", "hello")], question="hello")
Step = str | LLMError
AWAY: list[Step] = [Unavailable("away")]


@dataclass
class Watch:
    """A clock that moves only when somebody sleeps."""

    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def timing(self, draw: Callable[[float, float], float] = lambda low, high: high) -> Timing:
        return Timing(clock=lambda: self.now, sleep=self.sleep, draw=draw)


@dataclass
class Scripted:
    """A back end whose answers are written down; each is a list of words, and perhaps an error."""

    kind: ClassVar[Kind] = Kind(title="Scripted")
    script: list[list[Step]]
    asked: int = 0
    closed: int = 0

    def describe(self) -> Description:
        return Description(backend="scripted", model="m", is_model=True)

    def count_tokens(self, text: str) -> int:
        return len(text)

    def stream(self, request: Request) -> Iterator[Delta]:
        steps = self.script[min(self.asked, len(self.script) - 1)]
        self.asked += 1
        try:
            for step in steps:
                if isinstance(step, LLMError):
                    raise step
                yield Delta(text=step)
        finally:
            self.closed += 1


def guarded(watch: Watch, *script: list[Step], **limits: float) -> tuple[Guarded, Scripted]:
    backend = Scripted(list(script))
    return Guarded(backend, "ours", Limits(**limits), watch.timing()), backend  # type: ignore[arg-type]


def text(backend: Guarded) -> str:
    return "".join(delta.text for delta in backend.stream(REQUEST))


def test_it_carries_the_name_of_its_endpoint_and_asks_the_back_end_for_the_rest() -> None:
    guard, _backend = guarded(Watch(), ["a"])
    assert guard.describe() == Description(backend="scripted", model="m", is_model=True, name="ours")
    assert guard.count_tokens("four") == 4


def test_what_may_pass_is_asked_again_after_growing_waits() -> None:
    watch = Watch()
    guard, backend = guarded(watch, [Unavailable("away")], [Unavailable("away")], ["back"])
    assert text(guard) == "back"
    assert backend.asked == 3
    assert sum(watch.slept) == pytest.approx(FIRST_STEP_S + 2 * FIRST_STEP_S)


def test_what_is_optional_is_sent_once() -> None:
    watch = Watch()
    guard, backend = guarded(watch, [Unavailable("away")], ["back"])
    with pytest.raises(Unavailable, match="away"):
        list(guard.stream(replace(REQUEST, is_optional=True)))
    assert backend.asked == 1
    assert watch.slept == []


def test_the_wait_is_drawn_between_nothing_and_the_step() -> None:
    watch, drawn = Watch(), []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    backend = Scripted([[Unavailable("away")], [Unavailable("away")], ["back"]])
    assert text(Guarded(backend, "ours", Limits(), watch.timing(draw))) == "back"
    assert drawn == [(0.0, FIRST_STEP_S), (0.0, 2 * FIRST_STEP_S)]
    assert watch.slept == []


def test_it_waits_as_long_as_the_server_asked_for() -> None:
    watch = Watch()
    guard, _backend = guarded(watch, [RateLimited("slow down", retry_after=7)], ["now"])
    assert text(guard) == "now"
    assert sum(watch.slept) == pytest.approx(7)


def test_it_does_not_wait_beyond_its_patience() -> None:
    watch = Watch()
    guard, backend = guarded(watch, [RateLimited("slow down", retry_after=7)], ["now"], patience_s=5)
    with pytest.raises(RateLimited, match="slow down") as raised:
        text(guard)
    assert raised.value.retry_after == 7
    assert (backend.asked, watch.slept) == (1, [])


@pytest.mark.parametrize("error", [AuthRefused("no"), BadResponse("what?")])
def test_what_cannot_pass_is_asked_once(error: LLMError) -> None:
    guard, backend = guarded(Watch(), [error], ["never"])
    with pytest.raises(type(error)):
        text(guard)
    assert backend.asked == 1


def test_after_the_first_word_nothing_is_asked_again() -> None:
    guard, backend = guarded(Watch(), ["The ", Unavailable("broke off")], ["never"])
    heard = []
    with pytest.raises(Unavailable):
        for delta in guard.stream(REQUEST):
            heard.append(delta.text)
    assert (heard, backend.asked) == (["The "], 1)


def test_the_attempts_of_one_request_end() -> None:
    guard, backend = guarded(Watch(), [Unavailable("away")])
    with pytest.raises(Unavailable):
        text(guard)
    assert backend.asked == Limits().attempts


def test_waiting_gives_empty_pieces_so_that_the_reader_can_leave() -> None:
    watch = Watch()
    guard, backend = guarded(watch, [RateLimited("slow down", retry_after=20)], ["now"])
    stream = guard.stream(REQUEST)
    assert next(stream) == Delta(pause=Pause("limited", 20))
    second = next(stream)
    assert second.pause is not None and second.pause.seconds == pytest.approx(20 - sum(watch.slept))
    assert 0 < sum(watch.slept) < 1
    stream.close()  # type: ignore[attr-defined]
    assert backend.asked == 1
    assert text(guard) == "now"  # its place was given back


def test_leaving_closes_the_stream_behind_it() -> None:
    guard, backend = guarded(Watch(), ["a", "b"])
    stream = guard.stream(REQUEST)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert backend.closed == 1


def test_after_five_failures_in_a_row_nothing_is_sent_for_a_while() -> None:
    watch = Watch()
    guard, backend = guarded(watch, *[AWAY] * 5, ["back"], attempts=1)
    for _time in range(5):
        with pytest.raises(Unavailable, match="away"):
            text(guard)
    with pytest.raises(Unavailable, match=r"tried again in 30 seconds\. The last time: away") as raised:
        text(guard)
    assert raised.value.retry_after == 30
    assert guard.resting_s() == 30
    assert backend.asked == 5
    watch.now += 30
    assert text(guard) == "back"
    assert guard.resting_s() == 0


def test_a_failed_trial_starts_the_rest_anew() -> None:
    watch = Watch()
    guard, backend = guarded(watch, [Unavailable("away")], attempts=1)
    for _time in range(5):
        with pytest.raises(Unavailable):
            text(guard)
    watch.now += 30
    with pytest.raises(Unavailable, match="away"):
        text(guard)
    with pytest.raises(Unavailable, match="tried again in 30"):
        text(guard)
    assert backend.asked == 6


def test_refusals_for_good_do_not_open_the_breaker() -> None:
    guard, backend = guarded(Watch(), [AuthRefused("no")])
    for _time in range(8):
        with pytest.raises(AuthRefused):
            text(guard)
    assert backend.asked == 8


def test_a_success_in_between_clears_the_count() -> None:
    script: list[list[Step]] = [
        *[AWAY] * 4,
        ["here"],
        *[AWAY] * 4,
        ["here"],
    ]
    guard, _backend = guarded(Watch(), *script, attempts=1)
    for round_of_five in (range(4), range(4)):
        for _time in round_of_five:
            with pytest.raises(Unavailable, match="away"):
                text(guard)
        assert text(guard) == "here"


def test_only_one_trial_goes_out_at_once() -> None:
    watch = Watch()
    breaker = Breaker(failures=1, rest_s=30, clock=lambda: watch.now)
    assert breaker.enter() == 0
    breaker.failed()
    watch.now += 31
    assert breaker.enter() == 0
    assert breaker.enter() > 0
    breaker.left()
    assert breaker.enter() == 0
    breaker.answered()
    assert breaker.enter() == breaker.enter() == 0


def test_further_requests_wait_for_a_place_and_then_give_up() -> None:
    watch = Watch()
    guard, backend = guarded(watch, ["a", "b"], concurrency=1, patience_s=3)
    first = guard.stream(REQUEST)
    assert next(first).text == "a"
    with pytest.raises(RateLimited, match="ours"):
        text(guard)
    assert sum(watch.slept) == pytest.approx(3)
    assert backend.asked == 1
    assert [delta.text for delta in first] == ["b"]
    assert text(guard) == "ab"


def waited_out(backend: Backend, patience_s: float) -> tuple[str, list[Pause], float]:
    """The answer, the pauses told before it, and the seconds slept."""
    watch = Watch()
    deltas = list(Guarded(backend, "ours", Limits(patience_s=patience_s), watch.timing()).stream(REQUEST))
    pauses = [delta.pause for delta in deltas if delta.pause is not None]
    return "".join(delta.text for delta in deltas), pauses, sum(watch.slept)


def test_the_loading_of_a_model_is_waited_out() -> None:
    with TGIStub().serving() as tgi:
        loading = Reply(
            status=503, body={"error": "Model bloom is currently loading", "estimated_time": 45.0}
        )
        tgi.replies = [loading, loading, Reply(pieces=spoken(" Here", "."))]
        made = Bloom(Options(base_url=tgi.address, timeout_s=5, silence_s=5))
        answer, pauses, slept = waited_out(made, Bloom.kind.patience_s)

    assert answer == "Here."
    assert slept == pytest.approx(90)
    assert pauses[0] == Pause("loading", 45)
    assert {pause.reason for pause in pauses} == {"loading"}


def test_a_quota_per_minute_is_waited_out() -> None:
    with ErnieStub().serving() as v1:
        v1.replies = [refused(336501), Reply(pieces=v1_spoken("Here."))]
        given = Options(base_url=v1.address, api_key=API_KEY, secret_key=SECRET_KEY, model="eb-instant")
        said, pauses, slept = waited_out(Ernie(given), Ernie.kind.patience_s)

    assert (said, slept) == ("Here.", pytest.approx(60))
    assert pauses[0] == Pause("limited", 60)


def test_a_server_that_goes_on_loading_is_asked_until_the_patience_ends() -> None:
    guard, backend = guarded(Watch(), [Loading("loading", retry_after=10)], patience_s=100)
    for _time in range(2):
        with pytest.raises(Loading):
            text(guard)
    assert backend.asked == 2 * 11
    assert guard.resting_s() == 0, "the server is there"


@dataclass
class Crowded(Scripted):
    """Counts how many streams are open at once; each waits until others had their chance."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    inside: int = 0
    most: int = 0

    def stream(self, request: Request) -> Iterator[Delta]:
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        yield Delta(text="a")
        time.sleep(0.002)
        yield Delta(text="b")
        with self.lock:
            self.inside -= 1


def test_many_threads_keep_to_the_limit_and_all_get_their_answer() -> None:
    backend = Crowded([])
    guard = Guarded(backend, "ours", Limits(concurrency=3), Timing(sleep=lambda _seconds: time.sleep(0.001)))
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda _number: text(guard), range(100)))
    assert answers == ["ab"] * 100
    assert 1 < backend.most <= 3
    assert backend.inside == 0
