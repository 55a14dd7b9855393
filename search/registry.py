"""The door to the back ends that the settings name. One instance per process and specification."""

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from search.coverage import Coverage
from search.protocols import Embedder, LexicalIndex, VectorIndex

KNOWN: dict[str, tuple[str, ...]] = {
    "EMBEDDING": (
        "search.embedding.sentence_transformer.SentenceTransformerEmbedder",
        "search.embedding.multilingual.MultilingualEmbedder",
        "search.embedding.hashed.HashedEmbedder",
    ),
    "VECTOR_INDEX": ("search.index.chroma.ChromaIndex", "search.index.memory.MemoryVectorIndex"),
    "LEXICAL_INDEX": ("search.index.tantivy.TantivyIndex", "search.index.memory.MemoryLexicalIndex"),
}

_made: dict[str, object] = {}
_lock = threading.RLock()


def embedder(spec: Mapping[str, Any] | None = None) -> Embedder:
    """The embedder of ``spec`` (``{"BACKEND", "OPTIONS"}``), by default that of ``settings.EMBEDDING``.

    Raises ``ImproperlyConfigured`` where the back end cannot be made.
    """
    return cast(Embedder, _resolve("EMBEDDING", spec))


def embedder_is_loaded() -> bool:
    """Whether the embedder of the settings can answer at once. Raises ``ModelUnavailable`` if it failed."""
    return bool(getattr(embedder(), "loaded", True))


def tokenizer_path() -> str:
    """The tokenizer's file (``tokenizer.json``, or SentencePiece ``.model``) of the settings' embedder, to
    count tokens with; empty where it has none."""
    locate = getattr(embedder(), "tokenizer_path", None)
    path = Path(locate()) if locate else None
    return str(path) if path and path.is_file() else ""


def vector_index() -> VectorIndex:
    """The vector index of ``settings.VECTOR_INDEX``."""
    return cast(VectorIndex, _resolve("VECTOR_INDEX", None))


def lexical_index() -> LexicalIndex:
    """The lexical index of ``settings.LEXICAL_INDEX``."""
    return cast(LexicalIndex, _resolve("LEXICAL_INDEX", None))


def coverage(spec: Mapping[str, Any] | None = None) -> Coverage:
    """How well the embedder of ``spec`` knows each language; measured once per model and kept on disk."""
    model = embedder(spec)
    folder = Path(settings.DATA_DIR) / "models"
    return cast(Coverage, _remembered(f"coverage {model.fingerprint}", lambda: Coverage(model, folder)))


def reset() -> None:
    """Forget every instance, so that changed settings count."""
    with _lock:
        _made.clear()


def _remembered(key: str, make: Callable[[], object]) -> object:
    with _lock:
        if key not in _made:
            _made[key] = make()
        return _made[key]


def _resolve(setting: str, spec: Mapping[str, Any] | None) -> object:
    chosen = spec if spec is not None else getattr(settings, setting)
    key = f"{setting} {json.dumps(chosen, sort_keys=True, default=str)}"
    return _remembered(key, lambda: _make(setting, chosen))


def _make(setting: str, spec: Mapping[str, Any]) -> object:
    path, options = spec.get("BACKEND", ""), spec.get("OPTIONS", {})
    known = ", ".join(KNOWN[setting])
    try:
        backend = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(
            f"{setting} names the back end {path!r}, which cannot be imported ({error}). "
            f"Known ones: {known}; or give the dotted path of your own class."
        ) from error
    try:
        return backend(**options)
    except (TypeError, ValueError) as error:
        raise ImproperlyConfigured(f"{setting}: {path} does not accept its OPTIONS: {error}") from error
