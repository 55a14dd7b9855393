"""Local model folders: what is loaded when, and what is said where that fails."""

import gc
import json
import os
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from llm.errors import BadResponse, Unavailable
from llm.local_memory import free_memory
from llm.local_transformers import LocalTransformers
from llm.local_transformers_files import ModelFolder
from llm.tokens import estimate
from llm.types import Options
from tests.llm import tiny_models
from tests.llm.backend_contract import asked, text_of
from tests.llm.local_models import (
    backend,
    becomes_true,
    copied,
    greedy,
    is_generating,
    kept,
    runtime,
)


@pytest.fixture(scope="module")
def bloom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with kept(tiny_models.save_bloom(tmp_path_factory.mktemp("models") / "tiny-bloom")) as folder:
        yield folder


@pytest.mark.parametrize("name", ["", "/nowhere/at/all", "empty", "damaged"])
def test_a_folder_without_a_model_is_refused_when_it_is_made(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "config.json").write_text("{not json")

    with pytest.raises(ImproperlyConfigured, match="folder"):
        LocalTransformers(Options(model=str(tmp_path / name) if name.isalpha() else name))


@pytest.mark.parametrize("missing", ["model.safetensors", "tokenizer.json"])
def test_missing_files_are_told_and_can_be_brought(bloom: Path, tmp_path: Path, missing: str) -> None:
    folder = copied(bloom, tmp_path)
    (folder / missing).rename(tmp_path / missing)
    chosen = backend(folder)

    with pytest.raises(BadResponse, match="cannot be loaded"):
        list(chosen.stream(greedy()))
    (tmp_path / missing).rename(folder / missing)

    assert text_of(list(chosen.stream(greedy())))


def test_damaged_weights_are_told(bloom: Path, tmp_path: Path) -> None:
    folder = copied(bloom, tmp_path)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])

    with pytest.raises(BadResponse, match="cannot be loaded"):
        list(backend(folder).stream(greedy()))


def test_code_that_a_model_brings_is_never_run(bloom: Path, tmp_path: Path) -> None:
    folder = copied(bloom, tmp_path)
    code = {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"}
    (folder / "config.json").write_text(json.dumps({"model_type": "evil", "auto_map": code}))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")

    with pytest.raises(BadResponse, match="code of its own"):
        list(backend(folder).stream(greedy()))
    assert not (tmp_path / "ran").exists()


def test_a_model_larger_than_the_memory_is_told_before_it_is_read(bloom: Path, tmp_path: Path) -> None:
    folder = copied(bloom, tmp_path)
    os.truncate(folder / "model.safetensors", 2 * free_memory() + 10**9)  # holds no blocks on the disk

    with pytest.raises(Unavailable, match="GB of memory"):
        list(backend(folder).stream(greedy()))


def test_weights_of_the_older_kind_are_read(bloom: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    folder = copied(bloom, tmp_path)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()

    assert text_of(list(backend(folder).stream(greedy()))) == text_of(list(backend(bloom).stream(greedy())))


def test_nothing_is_loaded_before_the_first_question(bloom: Path, tmp_path: Path) -> None:
    folder = copied(bloom, tmp_path)
    chosen, shared = backend(folder), runtime(folder)

    assert chosen.describe().model == "model"
    assert chosen.count_tokens("The lighthouse") == len(shared.tokenizer("The lighthouse")["input_ids"])
    assert not shared.is_loaded
    list(chosen.stream(greedy(max_tokens=1)))
    assert shared.is_loaded


def test_without_a_tokenizer_tokens_are_estimated(
    bloom: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = copied(bloom, tmp_path)
    (folder / "tokenizer.json").unlink()
    chosen = backend(folder)

    assert [chosen.count_tokens("灯塔 lighthouse") for _ in range(3)] == [estimate("灯塔 lighthouse")] * 3
    assert sum(record.name == "llm.local_transformers_runtime" for record in caplog.records) == 1


def test_a_folder_is_loaded_once_and_freed_with_its_last_back_end(bloom: Path, tmp_path: Path) -> None:
    folder = copied(bloom, tmp_path)
    first, second = backend(folder), backend(folder)
    list(first.stream(greedy(max_tokens=1)))
    assert becomes_true(lambda: not is_generating())
    shared = runtime(folder)
    assert shared.is_loaded
    gone = weakref.ref(shared)

    del first, second, shared
    gc.collect()

    assert gone() is None


@pytest.mark.parametrize(
    ("config", "tokens"),
    [
        ({"n_positions": 1024}, 1024),
        ({"text_config": {"max_position_embeddings": 512}}, 512),
        ({"x": 1}, 2048),
    ],
)
def test_the_context_is_the_smaller_of_the_two(tmp_path: Path, config: dict[str, Any], tokens: int) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))

    described = backend(tmp_path, context_tokens=2048).describe()

    assert described.context_tokens == tokens
    assert described.max_tokens <= tokens // 2


@pytest.mark.parametrize("name", ["chat_template.jinja", "tokenizer_config.json"])
def test_the_template_is_found_where_it_may_be(tmp_path: Path, name: str) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    assert not ModelFolder.look_at(str(tmp_path)).has_chat_template

    (tmp_path / name).write_text('{"chat_template": "{{ messages }}"}')

    assert ModelFolder.look_at(str(tmp_path)).has_chat_template


def test_memory_follows_the_type(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"torch_dtype": "float16"}')
    (tmp_path / "a.safetensors").write_bytes(b"1" * 600)
    (tmp_path / "b.safetensors").write_bytes(b"1" * 400)
    (tmp_path / "pytorch_model.bin").write_bytes(b"1" * 5000)

    folder = ModelFolder.look_at(str(tmp_path))

    assert [folder.bytes_as(dtype) for dtype in ("float32", "bfloat16")] == [2000, 1000]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_type_can_be_chosen(bloom: Path, dtype: str) -> None:
    assert text_of(list(backend(bloom, parameters={"dtype": dtype}).stream(greedy())))


@pytest.mark.parametrize(
    "parameters",
    [{"custom_generate": "evil/code"}, {"trust_remote_code": True}, {"dtype": "int8"}, {"threads": -1}],
)
def test_other_parameters_are_refused(bloom: Path, parameters: dict[str, Any]) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"takes no parameter|cannot compute in|“threads”"):
        backend(bloom, parameters=parameters)


def test_parameters_come_over_the_request(bloom: Path) -> None:
    penalised = backend(bloom, parameters={"repetition_penalty": 1.0, "temperature": 0})

    assert text_of(list(penalised.stream(asked(temperature=0.9)))) != text_of(
        list(backend(bloom).stream(greedy()))
    )
