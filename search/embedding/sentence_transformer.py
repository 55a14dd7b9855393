"""Embeddings by any sentence-transformers model; the default one comes with the installation."""

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext as _

from search.embedding.model_files import BUNDLED, ModelFiles, locate
from search.errors import ModelUnavailable
from search.protocols import Vectors

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

REMEMBERED_QUERIES = 512
BATCH = 32


def _half_precision_is_native() -> bool:
    """Whether this CPU multiplies bfloat16 itself; emulated, it would be slower than float32."""
    import torch

    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def _dtype(device: str) -> "torch.dtype":
    import torch

    if device.startswith("cuda"):
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if device == "cpu" and _half_precision_is_native() else torch.float32


class SentenceTransformerEmbedder:
    """An ``Embedder``. ``model`` is ``"bundled"``, a folder, or a name on the model hub.

    Nothing is loaded before the first ``embed``; torch is imported only then. Several threads may call;
    one at a time computes. ``device`` and ``threads`` default to what the machine has. Raises
    ``ModelUnavailable`` where the model is missing, damaged or cannot be loaded.
    """

    def __init__(self, model: str = BUNDLED, device: str = "", threads: int = 0) -> None:
        self._name = model or BUNDLED
        self._device = device
        self._threads = threads
        self._model: SentenceTransformer | None = None
        self._failure: ModelUnavailable | None = None
        self._lock = threading.Lock()
        self._queries: OrderedDict[str, Vectors] = OrderedDict()

    @cached_property
    def _files(self) -> ModelFiles:
        return locate(self._name)

    @property
    def fingerprint(self) -> str:
        return self._files.fingerprint

    @property
    def dimension(self) -> int:
        return self._files.dimension

    @property
    def max_tokens(self) -> int:
        """Tokens the model reads of each text, special ones included."""
        return self._files.max_tokens

    @property
    def loaded(self) -> bool:
        """Whether ``embed`` can answer without loading first. Raises what the last attempt failed with."""
        if self._failure is not None:
            raise self._failure
        return self._model is not None

    def tokenizer_path(self) -> Path:
        """The model's ``tokenizer.json``, for splitting texts without loading the model."""
        return self._files.tokenizer

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        with self._lock:
            if len(texts) > 1:
                return self._encode(texts)
            known = self._queries.get(texts[0])
            if known is None:
                known = self._queries[texts[0]] = self._encode(texts)
                if len(self._queries) > REMEMBERED_QUERIES:
                    self._queries.popitem(last=False)
            self._queries.move_to_end(texts[0])
            return known.copy()

    def _encode(self, texts: Sequence[str]) -> Vectors:
        if self._model is None:
            try:
                self._model = self._load()
            except ModelUnavailable as error:
                self._failure = error
                raise
            self._failure = None
        rows = self._model.encode(
            list(texts), batch_size=BATCH, show_progress_bar=False, convert_to_numpy=True
        )
        vectors: Vectors = np.asarray(rows, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)

    def _load(self) -> "SentenceTransformer":
        files = self._files
        files.verify()
        # The files are here by now, so no look-up over the network is needed.
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        try:
            import torch
            from sentence_transformers import SentenceTransformer

            device = self._device or ("cuda" if torch.cuda.is_available() else "cpu")
            if device == "cpu":
                torch.set_num_threads(self._threads or len(os.sched_getaffinity(0)))
            return SentenceTransformer(
                str(files.folder), device=device, model_kwargs={"dtype": _dtype(device)}
            ).eval()
        except (ImportError, OSError, ValueError, RuntimeError, KeyError) as error:
            raise ModelUnavailable(
                _("The embedding model in %(folder)s cannot be loaded: %(error)s")
                % {"folder": files.folder, "error": error}
            ) from error
