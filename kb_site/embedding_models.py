"""The embedding models that the environment names, as specifications for ``search.registry``."""

import platform
import re
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

Spec = dict[str, Any]

MULTILINGUAL, ENGLISH = "multilingual", "english"
_BY_SENTENCE_TRANSFORMERS = "search.embedding.sentence_transformer.SentenceTransformerEmbedder"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")


def named_models(pairs: list[str], folder: Path) -> dict[str, Spec]:
    """Name to specification: the two that come with Youju, and those of ``pairs``, each ``name=folder`` or
    ``name=name on the model hub``. The multilingual one is there on one platform only; it keeps its
    vocabulary in ``folder``. Raises ``ImproperlyConfigured``.
    """
    models: dict[str, Spec] = {}
    if (platform.system(), platform.machine()) == ("Linux", "x86_64"):
        models[MULTILINGUAL] = _multilingual(folder)
    models[ENGLISH] = {"BACKEND": _BY_SENTENCE_TRANSFORMERS, "OPTIONS": {}}
    for pair in pairs:
        name, _equals, model = (part.strip() for part in pair.partition("="))
        if not _NAME.fullmatch(name) or not model or name in {MULTILINGUAL, ENGLISH}:
            raise ImproperlyConfigured(
                f"EMBEDDING_MODELS holds {pair!r}. Write name=folder or name=hub-name, separated by commas; "
                "a name has lower-case letters, digits, dots and hyphens, and is not multilingual or english."
            )
        models[name] = {"BACKEND": _BY_SENTENCE_TRANSFORMERS, "OPTIONS": {"model": model}}
    return models


def default_model(backend: str, model: str, named: dict[str, Spec], folder: Path) -> Spec:
    """The site's default: ``model`` is a name in ``named``, a folder, a name on the model hub, or empty."""
    if backend:
        return {"BACKEND": backend, "OPTIONS": {"model": model} if model else {}}
    if not model:
        return named.get(MULTILINGUAL, named[ENGLISH])
    if model == MULTILINGUAL:
        return _multilingual(folder)
    return named.get(model) or {"BACKEND": _BY_SENTENCE_TRANSFORMERS, "OPTIONS": {"model": model}}


def _multilingual(folder: Path) -> Spec:
    return {
        "BACKEND": "search.embedding.multilingual.MultilingualEmbedder",
        "OPTIONS": {"folder": str(folder)},
    }
