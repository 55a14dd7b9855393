"""Embeddings by any sentence-transformers model; the default one comes with the installation."""

import math
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext as _

from search.embedding.model_files import BUNDLED, ModelFiles, is_here, locate
from search.errors import ModelUnavailable
from search.protocols import Vectors

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

REMEMBERED_QUERIES = 512
BATCH = 32


@lru_cache(maxsize=1)
def _half_precision_is_faster() -> bool:
    """Whether this CPU multiplies bfloat16 clearly faster than float32.

    Measured on a layer of the default model's shape, in about 0.2 s: with AMX it halves the time, with
    AVX-512 alone it may cost more than it saves.
    """
    import torch

    def seconds(dtype: "torch.dtype") -> float:
        rows, weights = torch.ones(2048, 384, dtype=dtype), torch.ones(1536, 384, dtype=dtype)
        best = math.inf
        for _round in range(4):
            began = time.perf_counter()
            torch.nn.functional.linear(rows, weights)
            best = min(best, time.perf_counter() - began)
        return best

    able = torch.cpu.get_capabilities()
    if not (able.get("avx512_bf16") or able.get("amx_bf16")):
        return False
    with torch.inference_mode():
        return seconds(torch.bfloat16) < 0.8 * seconds(torch.float32)


def _dtype(device: str) -> "torch.dtype":
    import torch

    if device.startswith("cuda"):
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if device == "cpu" and _half_precision_is_faster() else torch.float32


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
    def passage_tokens(self) -> int:
        """Those of them that are left for a passage: the special ones and the model's own prompt are not."""
        return self._files.max_tokens - 2 - self._files.prompt_tokens

    @property
    def loaded(self) -> bool:
        """Whether ``embed`` can answer without loading first. Raises what the last attempt failed with."""
        if self._failure is not None:
            raise self._failure
        return self._model is not None

    @property
    def at_hand(self) -> bool:
        """Whether nothing has to be downloaded first."""
        return "_files" in self.__dict__ or is_here(self._name)

    def tokenizer_path(self) -> Path:
        """The model's ``tokenizer.json``, for splitting texts without loading the model."""
        return self._files.tokenizer

    def embed(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            return self._encode(texts, question=False)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            if len(texts) != 1:
                return self._encode(texts, question=True)
            known = self._queries.get(texts[0])
            if known is None:
                known = self._queries[texts[0]] = self._encode(texts, question=True)
                if len(self._queries) > REMEMBERED_QUERIES:
                    self._queries.popitem(last=False)
            self._queries.move_to_end(texts[0])
            return known.copy()

    def _encode(self, texts: Sequence[str], *, question: bool) -> Vectors:
        """With the model's own prompt for questions or for passages, where it states one."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        model = self._ready()
        self._share_out_threads(len(texts))
        encode = model.encode_query if question else model.encode_document
        # Lone surrogates, which a question may hold, are no UTF-8.
        readable = [text.encode("utf-8", "replace").decode() for text in texts]
        rows = encode(readable, batch_size=BATCH, show_progress_bar=False, convert_to_numpy=True)
        vectors: Vectors = np.asarray(rows, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)

    def _ready(self) -> "SentenceTransformer":
        if self._model is None:
            try:
                self._model = self._load()
            except ModelUnavailable as error:
                self._failure = error
                raise
            self._failure = None
        return self._model

    def _share_out_threads(self, texts: int) -> None:
        """All threads for a batch; a lone question is too short to be worth sharing out."""
        import torch

        torch.set_num_threads(1 if texts == 1 else self._threads or len(os.sched_getaffinity(0)))

    def _load(self) -> "SentenceTransformer":
        files = self._files
        files.verify()
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        # Waiting threads sleep: beside other busy processes, spinning ones made a query 20 times slower.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        try:
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as transformers_logging

            transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
            device = self._device or ("cuda" if torch.cuda.is_available() else "cpu")
            # The files are here by now, so nothing has to be looked up over the network.
            return SentenceTransformer(
                str(files.folder),
                device=device,
                local_files_only=True,
                model_kwargs={"dtype": _dtype(device)},
            ).eval()
        except (ImportError, OSError, ValueError, RuntimeError, KeyError) as error:
            raise ModelUnavailable(
                _("The embedding model in %(folder)s cannot be loaded: %(error)s")
                % {"folder": files.folder, "error": error}
            ) from error
