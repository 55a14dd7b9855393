"""How the tests of local model folders make back ends and wait for them."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llm.local_transformers import LocalTransformers
from llm.local_transformers_files import ModelFolder
from llm.local_transformers_runtime import TransformersRuntime, runtime_of
from llm.types import Options, Request
from tests.llm.backend_contract import asked


@contextmanager
def kept(folder: Path) -> Iterator[Path]:
    """The model stays in memory from one test to the next."""
    keeper = backend(folder)
    yield folder
    del keeper


def backend(folder: Path, **options: Any) -> LocalTransformers:
    values = {"model": str(folder), "timeout_s": 60, "max_tokens": 1024, "context_tokens": 2048}
    parameters = {"threads": 1, **options.pop("parameters", {})}
    return LocalTransformers(Options(**values | options, parameters=parameters))


def runtime(folder: Path) -> TransformersRuntime:
    return runtime_of(ModelFolder.look_at(str(folder)))


def greedy(**changes: Any) -> Request:
    return asked(temperature=0, **changes)


def becomes_true(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def is_generating() -> bool:
    return any(thread.name == "llm-generate" for thread in threading.enumerate())


def copied(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to / "model"))


def decoded(folder: Path, ids: list[int]) -> str:
    return str(runtime(folder).tokenizer.decode(ids))
