"""Answers of local model folders: a tiny BLOOM and a tiny Llama that the tests make, no network."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from llm import local_transformers_prompt as prompts
from llm.local_transformers import LocalTransformers
from llm.types import Message, Options
from tests.llm import tiny_models
from tests.llm.backend_contract import BackendContract, asked, text_of
from tests.llm.local_models import backend, becomes_true, copied, greedy, is_generating, kept, runtime


@pytest.fixture(scope="module")
def bloom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with kept(tiny_models.save_bloom(tmp_path_factory.mktemp("models") / "tiny-bloom")) as folder:
        yield folder


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with kept(tiny_models.save_llama(tmp_path_factory.mktemp("models") / "tiny-llama")) as folder:
        yield folder


class LocalContract(BackendContract):
    backend_class = LocalTransformers
    answer = ""

    def options(self, peer: Path) -> Options:
        return Options(model=str(peer), context_tokens=2048, max_tokens=512, parameters={"threads": 1})

    def is_busy(self, peer: Path) -> bool:
        return is_generating()


class TestBloomContract(LocalContract):
    @pytest.fixture
    def peer(self, bloom: Path) -> Path:
        return bloom


class TestLlamaContract(LocalContract):
    @pytest.fixture
    def peer(self, llama: Path) -> Path:
        return llama


def whole_ids(folder: Path, ids: list[int], tokens: int) -> list[int]:
    """What the model writes after ``ids``, by ``transformers`` alone."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder)
    output = model.generate(torch.tensor([ids]), max_new_tokens=tokens, do_sample=False, pad_token_id=0)
    return [int(token) for token in output[0, len(ids) :]]


@pytest.mark.parametrize("question", ["How high?", "灯塔有多高？", "Who lights the lamp at dusk?"])
def test_streamed_text_is_the_whole_text(llama: Path, question: str) -> None:
    request = greedy(question=question, messages=(Message("user", question),), max_tokens=80)
    ids = prompts.chat(runtime(llama), request, 1000).ids

    deltas = list(backend(llama).stream(request))

    whole = runtime(llama).tokenizer.decode(whole_ids(llama, ids, 80), skip_special_tokens=True)
    assert text_of(deltas).strip() == whole.strip()
    assert sum(bool(delta.text) for delta in deltas) > 10


def test_usage_counts_prompt_and_answer(llama: Path) -> None:
    last = list(backend(llama).stream(greedy(max_tokens=33)))[-1]

    assert last.usage is not None
    assert last.usage.completion_tokens == 33
    assert last.usage.prompt_tokens == len(prompts.chat(runtime(llama), greedy(), 2000).ids)
    assert last.finish_reason == "length"


def test_the_end_token_of_the_model_ends_the_answer(llama: Path, tmp_path: Path) -> None:
    folder = copied(llama, tmp_path)
    ids = prompts.chat(runtime(llama), greedy(), 2000).ids
    end = whole_ids(llama, ids, 12)[-1]
    settings = json.loads((folder / "generation_config.json").read_text())
    (folder / "generation_config.json").write_text(json.dumps(settings | {"eos_token_id": end}))

    last = list(backend(folder).stream(greedy(max_tokens=200)))[-1]

    assert last.finish_reason == "stop"
    assert last.usage is not None
    assert last.usage.completion_tokens <= 12


def test_a_stop_string_ends_the_answer(llama: Path) -> None:
    text = text_of(list(backend(llama).stream(greedy())))
    stop = text[20:23]

    deltas = list(backend(llama).stream(greedy(stop=(stop,))))

    assert text_of(deltas) == text[: text.index(stop)].rstrip()
    assert deltas[-1].finish_reason == "stop"
    assert becomes_true(lambda: not is_generating())


def test_answers_of_two_threads_do_not_mix(llama: Path) -> None:
    chosen = backend(llama)
    requests = [greedy(messages=(Message("user", word * 5),)) for word in ("lamp ", "灯塔")]
    alone = [text_of(list(chosen.stream(request))) for request in requests]

    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda request: text_of(list(chosen.stream(request))), requests * 3))

    assert together == alone * 3
    assert alone[0] != alone[1]


def test_temperature_above_zero_draws(llama: Path) -> None:
    hot = asked(temperature=1.5, max_tokens=40)

    assert len({text_of(list(backend(llama).stream(hot))) for _ in range(3)}) > 1
