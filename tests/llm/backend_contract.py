"""What every back end must do, whatever stands behind it: subclass ``BackendContract`` once for each.

A subclass says how a back end is made; the rest is optional, for back ends with a server behind them.
"""

import logging
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from typing import Any, ClassVar

import pytest
from django.core.exceptions import ImproperlyConfigured

from llm.errors import LLMError
from llm.types import Backend, Delta, Message, Options, Request, Source

KEY = "k-0123456789abcdef"
SECRET = "s-fedcba9876543210"
HEAVY = ("torch", "transformers", "llama_cpp", "openai", "huggingface_hub")
# Log the address of each request, and have a level of their own in the settings.
CHATTY = ("httpx", "httpx2")
SOURCES = (
    Source(1, "The lighthouse was built in 1897. It is 42 metres high.", "Lighthouse"),
    Source(2, "灯塔建于一八九七年。它高四十二米。", "灯塔"),
)


def asked(question: str = "How high is the lighthouse?", **changes: Any) -> Request:
    values: dict[str, Any] = {
        "messages": (Message("system", "Answer from the sources."), Message("user", question)),
        "question": question,
        "sources": SOURCES,
        "max_tokens": 64,
    }
    return Request(**values | changes)


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas)


class BackendContract:
    """``backend_class`` and ``options`` are needed.

    Give ``KEY`` and ``SECRET`` as the secrets, so that they are found where they must not be. ``peer``
    is whatever stands behind the back end, made anew for each test.
    """

    backend_class: ClassVar[Callable[..., Backend]]
    # What the text holds; "" where a model of the tests' own making may say anything.
    answer: ClassVar[str] = "42 metres"

    @pytest.fixture
    def peer(self) -> Iterator[Any]:
        yield None

    def options(self, peer: Any) -> Options:
        """Complete, and leading to ``peer``."""
        raise NotImplementedError

    def speak_slowly(self, peer: Any) -> None:
        """From now on an answer takes so long that it can be left in the middle."""

    def is_busy(self, peer: Any) -> bool:
        """Whether something behind the back end still works on an answer."""
        return False

    def refuse(self, peer: Any) -> bool:
        """From now on ``peer`` refuses, with ``KEY`` in its words; false where nobody can refuse."""
        return False

    @pytest.fixture
    def chosen(self, peer: Any) -> Backend:
        return type(self).backend_class(self.options(peer))

    def test_streams_an_answer(self, chosen: Backend) -> None:
        text = text_of(list(chosen.stream(asked())))

        assert text.strip()
        assert self.answer in text
        if chosen.describe().follows_instructions and self.answer:
            assert "[1]" in text

    def test_ends_with_a_reason(self, chosen: Backend) -> None:
        deltas = list(chosen.stream(asked()))

        assert deltas[-1].finish_reason in {"stop", "length"}
        assert not any(delta.finish_reason for delta in deltas[:-1])

    def test_no_delta_mixes_text_and_reasoning(self, chosen: Backend) -> None:
        deltas = list(chosen.stream(asked()))

        assert deltas
        assert not any(delta.text and delta.reasoning for delta in deltas)

    def test_tokens_are_reported_once_at_most(self, chosen: Backend) -> None:
        assert sum(delta.usage is not None for delta in chosen.stream(asked())) <= 1

    def test_left_in_the_middle_it_stops_and_answers_again(self, chosen: Backend, peer: Any) -> None:
        self.speak_slowly(peer)
        first = chosen.stream(asked())
        next(first)
        first.close()  # type: ignore[attr-defined]

        assert _becomes_true(lambda: not self.is_busy(peer)), "the work goes on though nobody listens"
        assert text_of(list(chosen.stream(asked()))).strip()

    def test_serves_eight_threads_at_once(self, chosen: Backend) -> None:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: list(chosen.stream(asked())), range(8)))

        assert all(text_of(deltas).strip() and self.answer in text_of(deltas) for deltas in answers)
        assert all(deltas[-1].finish_reason for deltas in answers)

    def test_describes_itself(self, chosen: Backend) -> None:
        described = chosen.describe()

        assert described.backend
        assert described.context_tokens >= 1024
        assert 0 < described.max_tokens < described.context_tokens

    def test_counts_tokens(self, chosen: Backend) -> None:
        assert 0 < chosen.count_tokens("灯塔") < chosen.count_tokens("灯塔 lighthouse. " * 50)

    def test_shows_no_key(self, chosen: Backend, peer: Any, caplog: pytest.LogCaptureFixture) -> None:
        _log_everything(caplog)
        list(chosen.stream(asked()))

        _assert_clean(repr(chosen), str(chosen), repr(chosen.describe()), caplog.text)

    def test_a_refusal_shows_no_key(
        self, chosen: Backend, peer: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        _log_everything(caplog)
        if not self.refuse(peer):
            pytest.skip("nobody stands behind this back end who could refuse")
        with pytest.raises(LLMError) as caught:
            list(chosen.stream(asked()))

        _assert_clean(repr(caught.value), *traceback.format_exception(caught.value), caplog.text)

    def test_a_missing_field_is_named_when_it_is_made(self, peer: Any) -> None:
        complete = self.options(peer)
        required = type(self).backend_class.kind.required  # type: ignore[attr-defined]
        for name in sorted(required):
            with pytest.raises(ImproperlyConfigured) as caught:
                type(self).backend_class(replace(complete, **_empty(name)))
            _assert_clean(str(caught.value))
        if not required:
            assert type(self).backend_class(Options()).describe().backend

    def test_its_kind_names_fields_of_options(self) -> None:
        kind = type(self).backend_class.kind  # type: ignore[attr-defined]

        assert kind.title
        assert not kind.required & kind.optional
        assert kind.required | kind.optional <= {field.name for field in fields(Options)}
        assert not (kind.preset.api_key or kind.preset.secret_key)

    def test_importing_it_loads_nothing_heavy(self) -> None:
        module = type(self).backend_class.__module__
        code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
        loaded = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
        )

        assert loaded.stdout.strip() == "[]"


def _log_everything(caplog: pytest.LogCaptureFixture) -> None:
    for logger in ("", *CHATTY):
        caplog.set_level(logging.DEBUG, logger=logger)


def _empty(name: str) -> dict[str, Any]:
    return {name: ""}


def _assert_clean(*texts: str) -> None:
    for text in texts:
        assert KEY not in text
        assert SECRET not in text


def _becomes_true(condition: Callable[[], bool], patience_s: float = 10) -> bool:
    end = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
