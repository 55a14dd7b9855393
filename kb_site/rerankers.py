"""The reranker that the environment names, as a specification for ``search.registry``; off by default."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

Spec = dict[str, Any]

CROSS_ENCODER = "search.reranking.cross_encoder.CrossEncoderReranker"
ENDPOINT = "search.reranking.endpoint.EndpointReranker"


def reranker(name: str, *, model: str, url: str, key: str, timeout_s: float) -> Spec:
    """Of ``cross-encoder``, ``endpoint``, or the dotted path of a class that takes no options; empty for
    none. Raises ``ImproperlyConfigured``."""
    if not name:
        return {}
    if name == "cross-encoder":
        if not model:
            raise ImproperlyConfigured("RERANKER=cross-encoder needs RERANKER_MODEL, a folder or a hub name")
        return {"BACKEND": CROSS_ENCODER, "OPTIONS": {"model": model}}
    if name == "endpoint":
        if not url.startswith(("http://", "https://")):
            raise ImproperlyConfigured("RERANKER=endpoint needs RERANKER_URL=http://host:port/rerank")
        options = {"url": url, "model": model, "key": key, "timeout_s": timeout_s}
        return {"BACKEND": ENDPOINT, "OPTIONS": options}
    if "." not in name:
        raise ImproperlyConfigured(
            f"RERANKER={name!r} is unknown; use cross-encoder, endpoint, or a dotted path"
        )
    return {"BACKEND": name, "OPTIONS": {}}


def within(name: str, value: int, least: int, most: int) -> int:
    """``value`` of the setting ``name``. Raises ``ImproperlyConfigured`` where it lies outside."""
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name}={value} is out of range; use {least} to {most}")
    return value
