"""Ends, waits and failures of answers by local model folders."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from llm import local_transformers_prompt as prompts
from llm.errors import BadResponse, RateLimited, Unavailable
from llm.local_transformers_generation import TransformersJob
from llm.types import Delta, Pause
from tests.llm import tiny_models
from tests.llm.backend_contract import asked, text_of
from tests.llm.local_models import backend, becomes_true, copied, greedy, is_generating, kept, runtime


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with kept(tiny_models.save_llama(tmp_path_factory.mktemp("models") / "tiny-llama")) as folder:
        yield folder


def test_leaving_ends_the_thread(llama: Path) -> None:
    deltas = backend(llama).stream(asked(max_tokens=1024))
    while not next(deltas).text:
        pass
    assert is_generating()
    deltas.close()  # type: ignore[attr-defined]

    assert becomes_true(lambda: not is_generating())


def test_a_prompt_can_be_left_before_it_was_read(llama: Path) -> None:
    chosen, shared = backend(llama), runtime(llama)
    list(chosen.stream(greedy(max_tokens=1)))
    job = TransformersJob([5] * 900, 500, {"do_sample": False}, threads=1)
    job.cancelled.set()

    list(shared.wait_for_turn(time.monotonic() + 5, 5))
    shared.start(job)

    assert job.items.get(timeout=20) is None
    assert job.generated == 0
    assert becomes_true(lambda: not shared.is_busy)


def test_whoever_waits_too_long_for_a_turn_is_told(llama: Path) -> None:
    writing = backend(llama).stream(asked(max_tokens=1024))
    while not next(writing).text:
        pass
    shared = runtime(llama)
    with shared.tokenizing:  # the answer cannot go on before the other one has given up
        prompt = prompts.chat(shared, asked(), 2000)
        assert prompt.ids
        with pytest.raises(RateLimited, match="one answer at a time"):
            list(shared.wait_for_turn(time.monotonic() + 0.3, 0.3))
    writing.close()  # type: ignore[attr-defined]

    assert text_of(list(backend(llama).stream(greedy())))


def test_an_answer_that_stands_still_is_given_up(llama: Path) -> None:
    deltas = backend(llama, silence_s=0.3).stream(asked(max_tokens=1024))
    while not next(deltas).text:
        pass

    with runtime(llama).tokenizing, pytest.raises(Unavailable, match="wrote nothing"):
        list(deltas)

    assert becomes_true(lambda: not is_generating())


def test_loading_goes_on_when_nobody_waits_any_more(llama: Path, tmp_path: Path) -> None:
    folder = copied(llama, tmp_path)
    chosen, shared = backend(folder, timeout_s=0.1), runtime(folder)
    with shared.tokenizing:
        with pytest.raises(Unavailable, match="still being loaded") as caught:
            list(chosen.stream(asked()))
        assert caught.value.retry_after

    assert becomes_true(lambda: shared.is_loaded)


def test_waiting_gives_empty_deltas_so_that_it_can_be_left(llama: Path, tmp_path: Path) -> None:
    folder = copied(llama, tmp_path)
    chosen, shared = backend(folder), runtime(folder)
    with shared.tokenizing:
        waiting = chosen.stream(asked())
        assert next(waiting) == Delta(pause=Pause("loading"))
        waiting.close()  # type: ignore[attr-defined]


def test_a_failure_of_the_model_reaches_the_reader(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tiny_models.save_bloom(tmp_path)
    words = tiny_models.tokenizer(["<unk>", "<s>", "</s>", "<pad>", *(f"{{extra {n}}}" for n in range(200))])
    words.add_tokens(["lighthouse"])  # a token that the model's embeddings do not hold
    words.save_pretrained(folder)

    with pytest.raises(BadResponse, match="failed: "):
        list(backend(folder).stream(greedy()))

    assert "Traceback" in caplog.text
    assert becomes_true(lambda: not is_generating())
