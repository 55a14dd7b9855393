"""A GGUF file in this process, by the optional package ``llama-cpp-python``.

``options.model`` is the file. A server of llama.cpp's own, asked by the ``openai`` back end, is the other
way to use such a file.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from llm import continuation
from llm.continuation import Room, too_long
from llm.gguf_file import GGUFFile
from llm.gguf_runtime import GGUFJob, Settings, runtime_of
from llm.local_deltas import deltas
from llm.tokens import estimate
from llm.types import Delta, Description, Kind, Options, Pause, Request

PACKAGE = "llama-cpp-python"
LOADING = frozenset({"n_gpu_layers", "n_threads"})
SAMPLING = frozenset(
    {"temperature", "top_p", "top_k", "min_p", "typical_p", "repeat_penalty", "frequency_penalty",
     "presence_penalty", "seed"}
)  # fmt: skip
BASE_DEFAULTS = {"repeat_penalty": 1.15}


class GGUF:
    """``parameters`` are those of ``LOADING`` and ``SAMPLING``, as the package names them."""

    name: ClassVar[str] = "llama_cpp"
    kind: ClassVar[Kind] = Kind(
        title=gettext_noop("GGUF file on this machine"),
        examples=gettext_noop("llama.cpp"),
        in_process=True,
        required=frozenset({"model"}),
        preset=Options(context_tokens=4096, max_tokens=512, timeout_s=180, silence_s=60),
        package=PACKAGE,
    )

    def __init__(self, options: Options) -> None:
        if not options.model:
            raise ImproperlyConfigured(_("Give the GGUF file of the model."))
        unknown = sorted(set(options.parameters) - LOADING - SAMPLING)
        if unknown:
            raise ImproperlyConfigured(
                _("A local model takes no parameter “%(name)s”; it takes %(known)s.")
                % {"name": unknown[0], "known": _(", ").join(sorted(LOADING | SAMPLING))}
            )
        self._options = options
        self._file = GGUFFile.look_at(options.model)
        if find_spec("llama_cpp") is None:
            raise ImproperlyConfigured(
                _("GGUF files need a package that is not installed: pip install %(package)s")
                % {"package": PACKAGE}
            )
        given = options.parameters
        self._runtime = runtime_of(
            self._file,
            Settings(
                self._context_tokens, int(given.get("n_threads") or 0), int(given.get("n_gpu_layers", -1))
            ),
        )

    def describe(self) -> Description:
        return Description(
            backend=self.name,
            model=self._file.name,
            is_model=True,
            context_tokens=self._context_tokens,
            max_tokens=min(self._options.max_tokens, self._context_tokens // 2),
            context_words=self._options.context_words,
            follows_instructions=self._file.has_chat_template,
            details={"file": str(self._file.path)},
        )

    def count_tokens(self, text: str) -> int:
        """The model's own count once it is loaded, an estimate before."""
        return max(1, len(self._runtime.tokens(text))) if self._runtime.is_loaded else estimate(text)

    def stream(self, request: Request) -> Iterator[Delta]:
        """Gives empty deltas while it waits, so that it can be left."""
        until = time.monotonic() + self._options.timeout_s
        for _pause in self._runtime.wait_until_loaded(until):
            yield Delta(pause=Pause("loading"))
        job, stop = self._job(request)
        for _pause in self._runtime.wait_for_turn(until, self._options.timeout_s):
            yield Delta(pause=Pause("turn"))
        self._runtime.start(job)
        with closing(self._runtime.pieces(job, until, self._options.silence_s)) as pieces:
            yield from deltas(pieces, job, stop, is_chat=self._file.has_chat_template)

    @property
    def _context_tokens(self) -> int:
        bounds = (self._options.context_tokens, self._file.context_tokens)
        return min(bound for bound in bounds if bound)

    def _job(self, request: Request) -> tuple[GGUFJob, tuple[str, ...]]:
        max_new = min(request.max_tokens, self.describe().max_tokens)
        parameters = self._parameters(request)
        if self._file.has_chat_template:
            return GGUFJob(max_new, parameters, messages=tuple(request.messages)), tuple(request.stop)
        first = self._runtime.start_tokens()
        tokens = self._context_tokens - max_new - len(first)
        # Counted piece by piece, a text may come to a few tokens less than as a whole.
        built = continuation.build(request, Room(tokens - 8, self.count_tokens, self._options.context_words))
        ids = self._runtime.tokens(built.prompt)
        if len(ids) > tokens:
            raise too_long()
        return GGUFJob(max_new, parameters, ids=first + ids), built.stop

    def _parameters(self, request: Request) -> dict[str, Any]:
        defaults = {} if self._file.has_chat_template else BASE_DEFAULTS
        given = {name: value for name, value in self._options.parameters.items() if name in SAMPLING}
        return {**defaults, "temperature": request.temperature, **given}
