"""The indexes that the environment names, as specifications for ``search.registry``."""

import re
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

Spec = dict[str, Any]

CHROMA = "search.index.chroma.ChromaIndex"
MIRRORED = "search.index.mirrored.MirroredChromaIndex"
_MILVUS = re.compile(r"https?://[^/\s]+/?")


def milvus(uri: str, token: str, database: str) -> dict[str, str]:
    """How Milvus is reached. Several processes use it, so a file of Milvus Lite is no choice.

    Raises ``ImproperlyConfigured``.
    """
    if uri and not _MILVUS.fullmatch(uri):
        raise ImproperlyConfigured(
            f"MILVUS_URI={uri!r} is no address; write http://host:19530. Milvus Lite has one with "
            "`milvus-lite server --data-dir folder --host 127.0.0.1`"
        )
    return {"uri": uri, "token": token, "database": database}


def vector_index(name: str, chroma_url: str, server: dict[str, str], mirrors: Path | None = None) -> Spec:
    """Of ``chroma``, ``milvus``, or the dotted path of a class that takes no options. ``mirrors`` is a folder
    that all processes share, if they do."""
    if name == "chroma" and mirrors is not None:
        return {"BACKEND": MIRRORED, "OPTIONS": {"url": chroma_url, "mirrors": mirrors}}
    if name == "chroma":
        return {"BACKEND": CHROMA, "OPTIONS": {"url": chroma_url}}
    if name == "milvus":
        options = _needed(server, "VECTOR_INDEX")
        return {"BACKEND": "search.index.milvus.MilvusVectorIndex", "OPTIONS": options}
    return _own_class("VECTOR_INDEX", name, "chroma or milvus")


def lexical_index(name: str, folder: Path, server: dict[str, str]) -> Spec:
    """Of ``tantivy``, ``milvus``, or the dotted path of a class that takes no options."""
    if name == "tantivy":
        return {"BACKEND": "search.index.tantivy.TantivyIndex", "OPTIONS": {"folder": folder}}
    if name == "milvus":
        options = _needed(server, "LEXICAL_INDEX")
        return {"BACKEND": "search.index.milvus_words.MilvusLexicalIndex", "OPTIONS": options}
    return _own_class("LEXICAL_INDEX", name, "tantivy or milvus")


def _needed(server: dict[str, str], setting: str) -> dict[str, str]:
    if not server["uri"]:
        raise ImproperlyConfigured(f"{setting}=milvus needs MILVUS_URI=http://host:19530")
    return server


def _own_class(setting: str, name: str, known: str) -> Spec:
    if "." not in name:
        raise ImproperlyConfigured(f"{setting}={name!r} is unknown; use {known}, or a dotted path")
    return {"BACKEND": name, "OPTIONS": {}}
