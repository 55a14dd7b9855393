"""The door to the back ends that the settings name. One instance per process and specification.

Several embedding models may be in use at once, since each index keeps the one that it was made with.
"""

import gc
import json
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from search.coverage import Coverage
from search.errors import ModelUnavailable
from search.protocols import Embedder, LexicalIndex, Reranker, VectorIndex
from search.reranking.bounded import BoundedReranker, Unusable

KNOWN: dict[str, tuple[str, ...]] = {
    "EMBEDDING": (
        "search.embedding.sentence_transformer.SentenceTransformerEmbedder",
        "search.embedding.multilingual.MultilingualEmbedder",
        "search.embedding.hashed.HashedEmbedder",
    ),
    "VECTOR_INDEX": (
        "search.index.mirrored.MirroredChromaIndex",
        "search.index.chroma.ChromaIndex",
        "search.index.milvus.MilvusVectorIndex",
        "search.index.memory.MemoryVectorIndex",
    ),
    "LEXICAL_INDEX": (
        "search.index.tantivy.TantivyIndex",
        "search.index.milvus_words.MilvusLexicalIndex",
        "search.index.memory.MemoryLexicalIndex",
    ),
    "RERANKER": (
        "search.reranking.cross_encoder.CrossEncoderReranker",
        "search.reranking.endpoint.EndpointReranker",
    ),
}

_made: dict[str, object] = {}
_lock = threading.RLock()

Spec = Mapping[str, Any]


def embedder(spec: Spec | None = None) -> Embedder:
    """The embedder of ``spec`` (``{"BACKEND", "OPTIONS"}``), by default that of ``settings.EMBEDDING``.

    Raises ``ImproperlyConfigured`` where the back end cannot be made.
    """
    return cast(Embedder, _resolve("EMBEDDING", spec))


def spec_of(name: str) -> Spec:
    """The specification of the model ``name`` in ``settings.EMBEDDINGS``; "" is the site's default.

    Raises ``ModelUnavailable`` where no model has this name any more.
    """
    if not name:
        return cast(Spec, settings.EMBEDDING)
    try:
        return cast(Spec, settings.EMBEDDINGS[name])
    except KeyError:
        raise ModelUnavailable(
            _(
                "There is no embedding model “%(name)s” any more. Choose another one in the collection's "
                "settings, or name it in EMBEDDING_MODELS."
            )
            % {"name": name}
        ) from None


def embedder_of(fingerprint: str, spec: Spec) -> Embedder:
    """The embedder with this fingerprint: made by ``spec``, or by what the settings name now.

    Nothing is loaded or downloaded. Raises ``ModelUnavailable`` where no model on this machine has it.
    """
    return cast(Embedder, _remembered(f"fingerprint {fingerprint}", lambda: _find(fingerprint, spec)))


def is_at_hand(spec: Spec) -> bool:
    """Whether the model's files are on this machine, as far as the back end tells without loading it."""
    return bool(getattr(embedder(spec), "at_hand", True))


def embedder_is_loaded(model: Embedder | None = None) -> bool:
    """Whether ``model``, by default that of the settings, can answer at once. Raises ``ModelUnavailable``
    if it failed."""
    return bool(getattr(model or embedder(), "loaded", True))


def tokenizer_path(model: Embedder | None = None) -> str:
    """The tokenizer's file (``tokenizer.json``, or SentencePiece ``.model``) of ``model``, by default that
    of the settings, to count tokens with; empty where it has none."""
    locate = getattr(model or embedder(), "tokenizer_path", None)
    path = Path(locate()) if locate else None
    return str(path) if path and path.is_file() else ""


def keep_only(fingerprints: Collection[str], *, own: bool = True) -> None:
    """Lets go of the models that are loaded and have none of ``fingerprints``; that of the settings and the
    reranker stay, unless ``own`` is false.

    Whoever computes with one meanwhile keeps it until done.
    """
    if _forget_unused(fingerprints, _key("EMBEDDING", settings.EMBEDDING) if own else ""):
        gc.collect()


def _forget_unused(fingerprints: Collection[str], own: str) -> bool:
    with _lock:
        unused = []
        for key in [key for key in _made if key.startswith("EMBEDDING ") and key != own]:
            model = cast(Embedder, _made[key])
            if _is_loaded(model) and model.fingerprint not in fingerprints:
                unused += [key, f"coverage {model.fingerprint}", f"fingerprint {model.fingerprint}"]
        if not own:
            unused += [key for key in _made if key.startswith(("RERANKER ", "BOUNDED_RERANKER "))]
        for name in unused:
            _made.pop(name, None)
    return bool(unused)


def passage_tokens(model: Embedder | None = None) -> int | None:
    """How many tokens of a passage ``model``, by default that of the settings, reads, special ones and its
    own prompt apart; ``None`` where it reads all."""
    found: int | None = getattr(model or embedder(), "passage_tokens", None)
    return found


def vector_index() -> VectorIndex:
    """The vector index of ``settings.VECTOR_INDEX``."""
    return cast(VectorIndex, _resolve("VECTOR_INDEX", None))


def lexical_index() -> LexicalIndex:
    """The lexical index of ``settings.LEXICAL_INDEX``."""
    return cast(LexicalIndex, _resolve("LEXICAL_INDEX", None))


def reranker() -> BoundedReranker | None:
    """The reranker of ``settings.RERANKER``, within its budget; ``None`` where the settings name none. One
    that cannot be made says so when it is asked."""
    if not settings.RERANKER:
        return None
    bounds = {"spec": settings.RERANKER, "ms": settings.RERANKER_BUDGET_MS, "depth": settings.RERANKER_DEPTH}
    return cast(BoundedReranker, _remembered(_key("BOUNDED_RERANKER", bounds), _bounded))


def _bounded() -> BoundedReranker:
    try:
        made = cast(Reranker, _resolve("RERANKER", None))
    except ImproperlyConfigured as error:
        made = Unusable(str(error))
    return BoundedReranker(made, budget_ms=settings.RERANKER_BUDGET_MS, depth=settings.RERANKER_DEPTH)


def coverage(model: Embedder | None = None) -> Coverage:
    """How well ``model``, by default that of the settings, knows each language; measured once per model
    and kept on disk."""
    model = model or embedder()
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


def _find(fingerprint: str, spec: Spec) -> Embedder:
    reason = ""
    for candidate in _candidates(spec):
        try:
            model = embedder(candidate)
            if is_at_hand(candidate) and model.fingerprint == fingerprint:
                return model
        except (ModelUnavailable, ImproperlyConfigured) as error:
            reason = reason or str(error)
    raise ModelUnavailable(
        reason
        or _(
            "The embedding model that an index was made with is not on this machine any more. Name it in "
            "EMBEDDING_MODELS, or build the index anew."
        )
    )


def _candidates(spec: Spec) -> Iterator[Spec]:
    """``spec`` comes from the database, so that it must not name whatever class it likes."""
    named = [settings.EMBEDDING, *settings.EMBEDDINGS.values()]
    if spec.get("BACKEND") in {*KNOWN["EMBEDDING"], *(each["BACKEND"] for each in named)}:
        yield spec
    yield from (each for each in named if each != spec)


def _is_loaded(model: Embedder) -> bool:
    try:
        return embedder_is_loaded(model)
    except ModelUnavailable:
        return False


def _key(setting: str, spec: Spec) -> str:
    return f"{setting} {json.dumps(spec, sort_keys=True, default=str)}"


def _resolve(setting: str, spec: Spec | None) -> object:
    chosen = spec if spec is not None else getattr(settings, setting)
    return _remembered(_key(setting, chosen), lambda: _make(setting, chosen))


def _make(setting: str, spec: Spec) -> object:
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
