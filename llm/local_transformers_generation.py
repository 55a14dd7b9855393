"""One run of ``generate``: its text leaves through a queue, and it ends soon after it is cancelled."""

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from llm.local_runtime import Cancelled, Job

DAMAGED = "\ufffd"


@dataclass(slots=True)
class TransformersJob(Job):
    """``threads`` compute; where it is 0, one for each processor but one, which is left to the site."""

    ids: Sequence[int]
    max_new_tokens: int
    parameters: Mapping[str, Any]
    threads: int = 0


@dataclass(slots=True)
class Running:
    """The job that a model works on now."""

    job: Job | None = None

    def watch(self, model: Any) -> None:
        """Each layer looks whether the job was cancelled: reading a long prompt can be left, too."""
        import torch

        for layers in (module for module in model.modules() if isinstance(module, torch.nn.ModuleList)):
            for layer in layers:
                layer.register_forward_pre_hook(self._check)

    def _check(self, *_args: Any) -> None:
        if self.job is not None and self.job.cancelled.is_set():
            raise Cancelled


def generate(
    model: Any, tokenizer: Any, tokenizing: AbstractContextManager[Any], job: TransformersJob
) -> None:
    """Raises ``Cancelled``, and whatever the model raises."""
    import torch

    torch.set_num_threads(job.threads or max(1, len(os.sched_getaffinity(0)) - 1))
    job.prompt_tokens = len(job.ids)
    ids = torch.tensor([job.ids], device=model.device)
    ends = _end_tokens(model, tokenizer)
    padding = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else next(iter(ends), 0)

    def left(input_ids: Any, scores: Any, **_more: Any) -> Any:
        return torch.full((input_ids.shape[0],), job.cancelled.is_set(), device=input_ids.device)

    with torch.inference_mode():
        whole = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=job.max_new_tokens,
            streamer=_Streamer(tokenizer, tokenizing, job),
            stopping_criteria=[left],
            num_beams=1,
            eos_token_id=ends or None,
            pad_token_id=padding,
            **job.parameters,
        )
    if job.generated >= job.max_new_tokens and int(whole[0, -1]) not in ends:
        job.finish_reason = "length"


def _end_tokens(model: Any, tokenizer: Any) -> list[int]:
    """The model's and the tokenizer's own: in chat models the two may differ."""
    stated = model.generation_config.eos_token_id
    ends = stated if isinstance(stated, list) else [stated]
    return sorted({int(end) for end in [*ends, tokenizer.eos_token_id] if end is not None})


class _Streamer:
    """What ``generate`` gives its tokens to; puts text out as soon as it can no longer change.

    In place of ``TextIteratorStreamer``, which holds text without spaces back to its end and loses the
    spaces that follow a line's end.
    """

    def __init__(self, tokenizer: Any, tokenizing: AbstractContextManager[Any], job: Job) -> None:
        self._tokenizer, self._tokenizing, self._job = tokenizer, tokenizing, job
        self._ids: list[int] = []
        self._start = self._done = 0
        self._prompt_is_next = True

    def put(self, value: Any) -> None:
        if self._prompt_is_next:
            self._prompt_is_next = False
            return
        self._ids += value.reshape(-1).tolist()
        self._job.generated = len(self._ids)
        self._job.items.put(self._settled(final=False))

    def end(self) -> None:
        self._job.items.put(self._settled(final=True))

    def _settled(self, *, final: bool) -> str:
        """The text of the tokens after ``_done``, decoded behind those from ``_start``: a token's text
        may depend on the one before it."""
        before, text = self._decoded(self._start, self._done), self._decoded(self._start, None)
        if len(text) <= len(before) or (text.endswith(DAMAGED) and not final):
            return ""
        self._start, self._done = self._done, len(self._ids)
        return text[len(before) :]

    def _decoded(self, start: int, end: int | None) -> str:
        with self._tokenizing:
            return str(self._tokenizer.decode(self._ids[start:end], skip_special_tokens=True))
