"""Retries, the circuit breaker and the limit on concurrency, on a clock that the tests hold."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import ClassVar

import pytest

from llm.breaker import Breaker
from llm.errors import AuthRefused, BadResponse, LLMError, RateLimited, Unavailable
from llm.guard import FIRST_STEP_S, Guarded, Limits, Timing
from llm.types import Delta, Description, Kind, Message, Request

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
    assert next(stream) == Delta()
    assert next(stream) == Delta()
    assert sum(watch.slept) < 1
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
