"""One model folder of ``transformers`` in this process: its tokenizer, its weights and its generations."""

import logging
import threading
from typing import Any
from weakref import WeakValueDictionary

from llm import local_errors as say
from llm.errors import LLMError
from llm.local_runtime import Runtime
from llm.local_transformers_files import ModelFolder
from llm.local_transformers_generation import Running, TransformersJob, generate
from llm.local_transformers_loading import load_model, load_tokenizer

logger = logging.getLogger(__name__)


class TransformersRuntime(Runtime[TransformersJob]):
    """``tokenizer`` loads the tokenizer alone; not safe for two threads: ``tokenizing`` guards each use."""

    def __init__(self, folder: ModelFolder, dtype: str) -> None:
        super().__init__(folder.path)
        self.folder = folder
        self.tokenizing = threading.RLock()
        self._dtype = dtype
        self._tokenizer: Any = None
        self._tokenizer_failure: LLMError | None = None
        self._model: Any = None
        self._running = Running()

    @property
    def tokenizer(self) -> Any:
        """Raises ``BadResponse`` where it cannot be loaded; only ``load`` tries that again."""
        with self.tokenizing:
            if self._tokenizer_failure is not None:
                raise self._tokenizer_failure
            if self._tokenizer is None:
                try:
                    self._tokenizer = load_tokenizer(self.folder)
                except Exception as error:
                    logger.exception("tokenizer in %s", self.place)
                    self._tokenizer_failure = say.not_loadable(self.place, error)
                    raise self._tokenizer_failure from error
            return self._tokenizer

    def load(self) -> None:
        self._tokenizer_failure = None
        _tokenizer = self.tokenizer  # raises before the weights are read
        model = load_model(self.folder, self._dtype)
        self._running.watch(model)
        self._model = model

    def write(self, job: TransformersJob) -> None:
        self._running.job = job
        try:
            generate(self._model, self.tokenizer, self.tokenizing, job)
        finally:
            self._running.job = None


_runtimes: "WeakValueDictionary[tuple[str, str], TransformersRuntime]" = WeakValueDictionary()
_runtimes_lock = threading.Lock()


def runtime_of(folder: ModelFolder, dtype: str = "") -> TransformersRuntime:
    """The one for this folder and type. Its memory is freed when the last back end forgets it."""
    with _runtimes_lock:
        key = (str(folder.path), dtype)
        runtime = _runtimes.get(key)
        if runtime is None:
            runtime = _runtimes[key] = TransformersRuntime(folder, dtype)
        return runtime
