"""A Hugging Face model folder in this process: a chat model by its template, a base model by continuation.

``options.model`` is the folder. No hub is asked and no code of the model's own is run. Everything stays in
memory once it was asked for, until the last back end made for the folder is gone.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from llm import local_transformers_prompt as prompts
from llm.errors import LLMError
from llm.local_deltas import deltas
from llm.local_transformers_files import BYTES, ModelFolder
from llm.local_transformers_generation import TransformersJob
from llm.local_transformers_prompt import Prompt
from llm.local_transformers_runtime import runtime_of
from llm.tokens import estimate
from llm.types import Delta, Description, Kind, Options, Pause, Request

SAMPLING = frozenset(
    {"do_sample", "temperature", "top_p", "top_k", "min_p", "typical_p", "repetition_penalty",
     "no_repeat_ngram_size"}
)  # fmt: skip
OTHERS = frozenset({"dtype", "threads"})
BASE_DEFAULTS = {"repetition_penalty": 1.15}


class LocalTransformers:
    """``parameters`` are those of ``SAMPLING``, ``dtype`` (float32, bfloat16 or float16) and ``threads``."""

    name: ClassVar[str] = "transformers"
    kind: ClassVar[Kind] = Kind(
        title=gettext_noop("Hugging Face model folder on this machine"),
        examples=gettext_noop("transformers"),
        in_process=True,
        required=frozenset({"model"}),
        preset=Options(context_tokens=4096, max_tokens=512, timeout_s=180, silence_s=60),
    )

    def __init__(self, options: Options) -> None:
        if not options.model:
            raise ImproperlyConfigured(
                _("Give the folder that holds the model, with its config.json and tokenizer.")
            )
        self._options = options
        self._sampling = _checked(options.parameters)
        self._threads = int(options.parameters.get("threads") or 0)
        self._folder = ModelFolder.look_at(options.model)
        self._runtime = runtime_of(self._folder, str(options.parameters.get("dtype") or ""))

    def describe(self) -> Description:
        return Description(
            backend=self.name,
            model=self._folder.path.name,
            is_model=True,
            context_tokens=self._context_tokens,
            max_tokens=min(self._options.max_tokens, self._context_tokens // 2),
            context_words=self._options.context_words,
            follows_instructions=self._folder.has_chat_template,
            details={"folder": str(self._folder.path)},
        )

    def count_tokens(self, text: str) -> int:
        """The tokenizer's own count: it is loaded for that, the model is not."""
        try:
            return prompts.count(self._runtime, text)
        except LLMError:
            return estimate(text)

    def stream(self, request: Request) -> Iterator[Delta]:
        """Gives empty deltas while it waits, so that it can be left."""
        until = time.monotonic() + self._options.timeout_s
        for _pause in self._runtime.wait_until_loaded(until):
            yield Delta(pause=Pause("loading"))
        prompt = self._prompt(request)
        job = TransformersJob(prompt.ids, self._max_tokens(request), self._parameters(request), self._threads)
        for _pause in self._runtime.wait_for_turn(until, self._options.timeout_s):
            yield Delta(pause=Pause("turn"))
        self._runtime.start(job)
        with closing(self._runtime.pieces(job, until, self._options.silence_s)) as pieces:
            is_chat = self._folder.has_chat_template
            yield from deltas(pieces, job, prompt.stop, is_chat=is_chat, opened=prompt.opened)

    @property
    def _context_tokens(self) -> int:
        bounds = (self._options.context_tokens, self._folder.context_tokens)
        return min(bound for bound in bounds if bound)

    def _max_tokens(self, request: Request) -> int:
        return min(request.max_tokens, self.describe().max_tokens)

    def _prompt(self, request: Request) -> Prompt:
        room = self._context_tokens - self._max_tokens(request)
        if self._folder.has_chat_template:
            return prompts.chat(self._runtime, request, room)
        return prompts.text_to_continue(self._runtime, request, room, self._options.context_words)

    def _parameters(self, request: Request) -> dict[str, Any]:
        """Greedy at temperature 0. What the options say comes over what the request says."""
        sampling = {} if self._folder.has_chat_template else dict(BASE_DEFAULTS)
        sampling |= {"temperature": request.temperature, **self._sampling}
        if not sampling["temperature"]:
            del sampling["temperature"]
        return {"do_sample": "temperature" in sampling, **sampling}


def _checked(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``SAMPLING``. Raises ``ImproperlyConfigured`` for one that is unknown or makes no sense.

    Nothing else is passed on: some of what ``generate`` takes would run code from elsewhere.
    """
    unknown = sorted(set(parameters) - SAMPLING - OTHERS)
    if unknown:
        raise ImproperlyConfigured(
            _("A local model takes no parameter “%(name)s”; it takes %(known)s.")
            % {"name": unknown[0], "known": _(", ").join(sorted(SAMPLING | OTHERS))}
        )
    dtype, threads = parameters.get("dtype") or "", parameters.get("threads") or 0
    if dtype and dtype not in BYTES:
        raise ImproperlyConfigured(
            _("A local model cannot compute in “%(name)s”; choose one of %(known)s.")
            % {"name": dtype, "known": _(", ").join(BYTES)}
        )
    if not isinstance(threads, int) or threads < 0:
        raise ImproperlyConfigured(_("“threads” is the number of threads that compute, from 1."))
    return {name: value for name, value in parameters.items() if name in SAMPLING}
