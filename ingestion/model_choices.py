"""The embedding models that a collection may choose from, described for people."""

import json
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from search import registry
from search.errors import SearchError

_TITLES = {"multilingual": "multilingual-e5-small", "english": "all-MiniLM-L6-v2"}


def offered() -> list[tuple[str, str]]:
    """Pairs of a name and its description; "" is the site's default."""
    default = _("The site's default: %(title)s") % {"title": title_of(settings.EMBEDDING)}
    return [("", default), *((name, _described(name)) for name in settings.EMBEDDINGS)]


def trouble(name: str) -> str:
    """Why the model cannot be chosen, or nothing."""
    try:
        spec = registry.spec_of(name)
        if not registry.is_at_hand(spec):
            return _("This model is not on this machine yet. It is fetched when the site starts again.")
        registry.embedder(spec).fingerprint  # noqa: B018 - locating the files is what is wanted
    except SearchError as error:
        return str(error)
    return ""


def title_of(spec: dict[str, Any]) -> str:
    """The name that people know for a specification; "" where there is none."""
    plain = json.dumps(spec, sort_keys=True, default=str)
    for name, known in settings.EMBEDDINGS.items():
        if json.dumps(known, sort_keys=True, default=str) == plain:
            return _TITLES.get(name, name)
    if str(spec.get("BACKEND", "")).endswith("HashedEmbedder"):
        return _("word counts, no model")
    model = str(spec.get("OPTIONS", {}).get("model", ""))
    return PurePath(model).name if model else ""


def _described(name: str) -> str:
    """Its name, languages, dimensions and window, in one line."""
    why_not = trouble(name)
    if why_not:
        return f"{_TITLES.get(name, name)} · {why_not}"
    model = registry.embedder(registry.spec_of(name))
    parts = [_TITLES.get(name, name), _languages(name)]
    parts.append(_("%(count)d dimensions") % {"count": model.dimension})
    window = getattr(model, "max_tokens", None)
    if window:
        parts.append(_("reads up to %(count)d tokens at once") % {"count": window})
    return " · ".join(part for part in parts if part)


def _languages(name: str) -> str:
    told = {
        "multilingual": _("about a hundred languages, Chinese and English among them"),
        "english": _("English only; other languages are then searched by words"),
    }
    return told.get(name, _("named by the administrator; its languages are measured at the first search"))
