"""What ``{sources}`` stands for: searched once for a run, however many models read it.

The columns of the playground are requests of their own. The first one is told what was found as signed text,
and the others bring it along.
"""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core import signing
from django.utils.translation import gettext as _

from chat.connections import release_connections
from chat.context import distinct
from chat.errors import ChatError
from chat.generation import PASSAGES, searching
from chat.services import refuse_without_documents
from ingestion.finding import FoundPassage, find
from ingestion.models import Collection
from ingestion.neighbours import Part, WidePassage, widen

_SALT = "chat.prompt_library.found"
# Whoever compares models starts them together; later a search may find something else.
FRESH_S = 600
_KEPT = (
    "chunk_id", "document_id", "document", "text", "score", "page", "heading", "start", "end", "url",
    "collection", "collection_slug", "index_id", "table", "is_edited",
)  # fmt: skip


class NothingFound(ChatError):
    """No passage fits what the prompt searches for."""

    code = "nothing_found"


class Search:
    """One search for all orders that share it. ``person`` is the id of who may read the ``collections``;
    ``told`` is what ``signed`` gave to another request."""

    def __init__(self, query: str, collections: Sequence[Collection], *, person: int, told: str = "") -> None:
        self.query, self.collections = query, list(collections)
        self._salt = f"{_SALT}.{person}"
        self._lock = threading.Lock()
        self._found: tuple[FoundPassage, ...] | None = self._read(told) if told else None

    def passages(self) -> tuple[FoundPassage, ...]:
        """Raises ``NothingFound``, ``NothingToSearch`` and ``NoReadyDocuments``."""
        with self._lock:
            if self._found is None:
                self._found = _passages(self.query, self.collections)
        if not self._found:
            raise NothingFound(_nothing(self.query, self.collections))
        return self._found

    def signed(self) -> str:
        """What was found, for the other requests of the same run; "" while nothing was searched."""
        if self._found is None:
            return ""
        told = {"for": self._digest(), "found": [_written(one) for one in self._found]}
        return signing.dumps(told, salt=self._salt, compress=True)

    def _read(self, told: str) -> tuple[FoundPassage, ...] | None:
        """``None`` for what was told to somebody else, of another search or too long ago."""
        try:
            read: dict[str, Any] = signing.loads(told, salt=self._salt, max_age=FRESH_S)
        except signing.BadSignature:
            return None
        return tuple(map(_passage, read["found"])) if read["for"] == self._digest() else None

    def _digest(self) -> str:
        parts = [self.query, *sorted(str(collection.pk) for collection in self.collections)]
        return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def _written(passage: FoundPassage) -> dict[str, Any]:
    parts = passage.parts if isinstance(passage, WidePassage) else ()
    told = {name: getattr(passage, name) for name in _KEPT}
    return told | {"updated": passage.updated.isoformat(), "parts": [asdict(part) for part in parts]}


def _passage(told: dict[str, Any]) -> FoundPassage:
    parts = tuple(Part(**part) for part in told.pop("parts"))
    updated = datetime.fromisoformat(told.pop("updated"))
    kept = told | {"updated": updated, "highlights": [], "lexical": None, "dense": None}
    return WidePassage(**kept, parts=parts) if parts else FoundPassage(**kept)


def _passages(query: str, collections: list[Collection]) -> tuple[FoundPassage, ...]:
    try:
        refuse_without_documents(collections)
        with searching:
            return tuple(distinct(widen(find(query, collections, k=PASSAGES).passages)))
    finally:
        release_connections()


def _nothing(query: str, collections: Sequence[Collection]) -> str:
    said = _("Nothing was found for “%(query)s” in %(names)s: use other words, or choose other collections.")
    names = _(", ").join(_("“%(name)s”") % {"name": collection.name} for collection in collections)
    return said % {"query": query[:80], "names": names}
