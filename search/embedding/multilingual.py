"""Embeddings by multilingual-e5-small (Wang et al. 2024), in about a hundred languages, without torch."""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext as _

from search.embedding import language_neutral
from search.embedding.language_neutral import LanguageNeutral
from search.embedding.model_files import MULTILINGUAL_SHA256, locate_multilingual, verify_file
from search.embedding.packed_model import Floats, PackedModel
from search.errors import ModelUnavailable
from search.protocols import Vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession  # type: ignore[import-untyped]
    from sentencepiece import SentencePieceProcessor

REMEMBERED_QUERIES = 512
# The model was trained with these, and finds worse without them.
QUESTION, PASSAGE = "query: ", "passage: "
# Changes with anything that changes the vectors: rounding, pooling, tokens, language means.
_VERSION = 1
_DIMENSION = 384
_MAX_TOKENS = 512
_PROMPT_TOKENS = 4


@dataclass(frozen=True, slots=True)
class _Loaded:
    model: PackedModel
    places: Floats
    tokenizer: "SentencePieceProcessor"
    session: "InferenceSession"
    input_name: str


class MultilingualEmbedder:
    """An ``Embedder``. ``folder`` is where the vocabulary is kept, in the form that its library reads.

    Nothing is loaded before the first text. Several threads may call, and compute at the same time; the
    texts of one call are shared out among ``threads`` threads, by default as many as there are
    processors. Raises ``ModelUnavailable`` where the model is missing, damaged or cannot be loaded.
    """

    def __init__(self, folder: str | Path, threads: int = 0) -> None:
        self._folder = Path(folder)
        self._threads = threads or len(os.sched_getaffinity(0))
        self._loaded: _Loaded | None = None
        self._failure: ModelUnavailable | None = None
        self._loading, self._remembering = threading.Lock(), threading.Lock()
        self._queries: OrderedDict[str, Vectors] = OrderedDict()

    @cached_property
    def _file(self) -> Path:
        return locate_multilingual()

    @cached_property
    def _neutral(self) -> tuple[LanguageNeutral, LanguageNeutral]:
        return language_neutral.stored()

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, thread_name_prefix="embed")

    @property
    def fingerprint(self) -> str:
        """Raises ``ModelUnavailable`` where the file is missing."""
        self._file  # noqa: B018 - finding it is what is wanted
        return f"e5-{MULTILINGUAL_SHA256[:24]}-{_VERSION}"

    @property
    def dimension(self) -> int:
        return _DIMENSION

    @property
    def max_tokens(self) -> int:
        """Tokens the model reads of each text, special ones and those of the prefix included."""
        return _MAX_TOKENS

    @property
    def passage_tokens(self) -> int:
        """Those of them that are left for a passage."""
        return _MAX_TOKENS - 2 - _PROMPT_TOKENS

    @property
    def loaded(self) -> bool:
        """Whether ``embed`` can answer without loading first. Raises what the last attempt failed with."""
        if self._failure is not None:
            raise self._failure
        return self._loaded is not None

    def tokenizer_path(self) -> Path:
        """A SentencePiece model, for splitting texts without loading the encoder. Made at the first call."""
        from search.embedding.vocabulary_file import keep

        path = self._folder / f"{self.fingerprint}.model"
        if path.is_file():
            return path
        verify_file(self._file, MULTILINGUAL_SHA256)
        try:
            return keep(PackedModel(self._file), path)
        except (ImportError, OSError, ValueError) as error:
            raise _unusable(self._file, error) from error

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._neutral[1](self.raw(texts, question=False))

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        if len(texts) != 1:
            return self._neutral[0](self.raw(texts, question=True))
        with self._remembering:
            known = self._queries.get(texts[0])
            if known is not None:
                self._queries.move_to_end(texts[0])
                return known.copy()
        vector = self._neutral[0](self.raw(texts, question=True))
        with self._remembering:
            self._queries[texts[0]] = vector
            if len(self._queries) > REMEMBERED_QUERIES:
                self._queries.popitem(last=False)
        return vector.copy()

    def raw(self, texts: Sequence[str], *, question: bool) -> Vectors:
        """The model's own unit vectors, in which the language still shows."""
        rows = np.zeros((len(texts), _DIMENSION), dtype=np.float32)
        if not texts:
            return rows
        prefixed = [(QUESTION if question else PASSAGE) + text for text in texts]
        encode = partial(_encode, self._ready())
        # The longest first, so that no thread is left with one at the end.
        order = sorted(range(len(texts)), key=lambda place: -len(prefixed[place]))
        share_out: Callable[..., Iterator[Vectors]] = (
            map if len(texts) == 1 or self._threads == 1 else self._pool.map
        )
        found = share_out(encode, [prefixed[place] for place in order])
        for place, vector in zip(order, found, strict=True):
            rows[place] = vector
        return rows

    def _ready(self) -> _Loaded:
        with self._loading:
            if self._loaded is None:
                try:
                    self._loaded = self._load()
                except ModelUnavailable as error:
                    self._failure = error
                    raise
                self._failure = None
            return self._loaded

    def _load(self) -> _Loaded:
        verify_file(self._file, MULTILINGUAL_SHA256)
        vocabulary = self.tokenizer_path()
        try:
            from onnxruntime import InferenceSession, SessionOptions
            from sentencepiece import SentencePieceProcessor

            from search.embedding.encoder_graph import EMBEDDINGS, SLOW_FUSIONS, encoder

            model = PackedModel(self._file)
            options = SessionOptions()
            # Threads of ours run several texts at once, which needs no waiting for each other.
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.enable_cpu_mem_arena = False
            options.log_severity_level = 3
            session = InferenceSession(
                encoder(model),
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=list(SLOW_FUSIONS),
            )
            places = model.vector("emb.pos").reshape(-1, model.sizes.hidden)
            kind = model.vector("emb.type")[: model.sizes.hidden]
            tokenizer = SentencePieceProcessor(model_file=str(vocabulary))
        except (ImportError, OSError, ValueError, KeyError, RuntimeError) as error:
            raise _unusable(self._file, error) from error
        return _Loaded(model, places + kind, tokenizer, session, EMBEDDINGS)


def _encode(loaded: _Loaded, text: str) -> Vectors:
    """Mean of the last hidden states, as a unit vector. What is beyond the model's window is not read."""
    special = loaded.model.specials
    # Lone surrogates, which a question may hold, are no UTF-8.
    readable = text.encode("utf-8", "replace").decode()
    pieces = loaded.tokenizer.encode(readable)[: _MAX_TOKENS - 2]
    ids = np.array([special.begin, *pieces, special.end], dtype=np.int64)
    embeddings = loaded.model.token_rows(ids) + loaded.places[: len(ids)]
    (states,) = loaded.session.run(None, {loaded.input_name: embeddings[None]})
    mean = states[0].mean(axis=0)
    vector: Vectors = mean / np.linalg.norm(mean)
    return vector


def _unusable(file: Path, error: Exception) -> ModelUnavailable:
    return ModelUnavailable(
        _("The embedding model %(file)s cannot be loaded: %(error)s") % {"file": file, "error": error}
    )
