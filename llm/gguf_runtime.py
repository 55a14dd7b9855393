"""One GGUF file in this process, computed by ``llama-cpp-python``."""

import ctypes
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from llm.continuation import broken, too_long
from llm.gguf_file import GGUFFile
from llm.local_errors import no_room
from llm.local_memory import free_memory
from llm.local_messages import without_oldest_turn, without_system
from llm.local_runtime import Cancelled, Job, Runtime
from llm.types import Message

TOO_LONG = "exceed context window"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a file is loaded. ``threads`` 0 stands for one for each processor but one."""

    context_tokens: int
    threads: int = 0
    gpu_layers: int = -1


@dataclass(slots=True)
class GGUFJob(Job):
    """Either ``messages`` for the file's chat template, or ``ids`` to continue."""

    max_new_tokens: int
    parameters: Mapping[str, Any]
    messages: Sequence[Message] = ()
    ids: Sequence[int] = ()


class GGUFRuntime(Runtime[GGUFJob]):
    """``tokens`` needs ``is_loaded``; it may be called while an answer is written."""

    def __init__(self, file: GGUFFile, settings: Settings) -> None:
        super().__init__(file.path)
        self._file = file
        self._settings = settings
        self._llama: Any = None
        self._abort = _Abort()

    def load(self) -> None:
        llama_cpp: Any = import_module("llama_cpp")
        needed, free = Path(self.place).stat().st_size, free_memory()
        if needed > free:
            raise no_room(self.place, needed, free)
        self._llama = llama_cpp.Llama(
            model_path=self.place,
            n_ctx=self._settings.context_tokens,
            n_threads=self._settings.threads or max(1, len(os.sched_getaffinity(0)) - 1),
            n_gpu_layers=self._settings.gpu_layers,
            verbose=False,
        )
        self._abort.watch(self._llama, llama_cpp)

    def tokens(self, text: str) -> list[int]:
        """Of plain text: control tokens inside it have no power.

        They are broken first, because llama.cpp takes some of them, such as ``<|start|>``, for ordinary
        tokens that it recognises in any text.
        """
        plain = broken(text, self._file.control_tokens)
        return list(self._llama.tokenize(plain.encode(), add_bos=False, special=False))

    def start_tokens(self) -> list[int]:
        """What the model wants before a text."""
        return list(self._llama.tokenize(b"", add_bos=True, special=False))

    def write(self, job: GGUFJob) -> None:
        self._abort.job = job
        try:
            self._write_pieces(job)
        except RuntimeError as error:
            # llama.cpp reports a computation that was aborted as one that failed.
            if job.cancelled.is_set():
                raise Cancelled from error
            raise
        finally:
            self._abort.job = None

    def _write_pieces(self, job: GGUFJob) -> None:
        for choice in self._chat(job) if job.messages else self._completion(job):
            if job.cancelled.is_set():
                raise Cancelled
            job.finish_reason = choice.get("finish_reason") or job.finish_reason
            job.items.put(str(choice.get("text") or choice.get("delta", {}).get("content") or ""))

    def _completion(self, job: GGUFJob) -> Iterator[Any]:
        chunks = self._llama.create_completion(list(job.ids), stream=True, **self._parameters(job))
        for chunk in chunks:
            yield chunk["choices"][0]

    def _chat(self, job: GGUFJob) -> Iterator[Any]:
        """Earlier turns are left out where the context is too small, a system message joined to the
        question where the template has no such role."""
        messages = list(job.messages)
        while True:
            try:
                yield from self._chat_of(messages, job)
                return
            except ValueError as error:
                if job.generated:
                    raise
                messages = _smaller(messages, error)

    def _chat_of(self, messages: Sequence[Message], job: GGUFJob) -> Iterator[Any]:
        conversation = [
            {"role": message.role, "content": broken(message.content, self._file.control_tokens)}
            for message in messages
        ]
        chunks = self._llama.create_chat_completion(conversation, stream=True, **self._parameters(job))
        for chunk in chunks:
            yield chunk["choices"][0]

    def _parameters(self, job: GGUFJob) -> dict[str, Any]:
        def count(ids: Any, scores: Any) -> Any:
            job.prompt_tokens = job.prompt_tokens or len(ids)
            job.generated = len(ids) - job.prompt_tokens + 1
            return scores

        counting = import_module("llama_cpp").LogitsProcessorList([count])
        return {"max_tokens": job.max_new_tokens, "logits_processor": counting, **job.parameters}


class _Abort:
    """Lets llama.cpp leave a computation, such as reading a long prompt, once its job was cancelled."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self._callback: Any = None

    def watch(self, llama: Any, llama_cpp: Any) -> None:
        def cancelled(_data: Any) -> bool:
            return self.job is not None and self.job.cancelled.is_set()

        self._callback = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p)(cancelled)
        llama_cpp.llama_set_abort_callback(llama.ctx, self._callback, None)


def _smaller(messages: list[Message], error: ValueError) -> list[Message]:
    """What to try after the library refused ``messages``. Raises what it refused them for."""
    if TOO_LONG in str(error):
        shorter = without_oldest_turn(messages)
        if shorter is None:
            raise too_long() from error
        return shorter
    merged = without_system(messages)
    if merged == messages:
        raise error
    return merged


_runtimes: "WeakValueDictionary[tuple[str, Settings], GGUFRuntime]" = WeakValueDictionary()
_runtimes_lock = threading.Lock()


def runtime_of(file: GGUFFile, settings: Settings) -> GGUFRuntime:
    """The one for this file and these settings. Its memory is freed when the last back end forgets it."""
    with _runtimes_lock:
        key = (str(file.path), settings)
        runtime = _runtimes.get(key)
        if runtime is None:
            runtime = _runtimes[key] = GGUFRuntime(file, settings)
        return runtime
