"""Which documents of a collection an imported golden set means, by whatever it calls them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from ingestion.errors import BadQuery
from ingestion.finding import find
from ingestion.golden_sets import Right
from ingestion.models import Collection, Document, DocumentText, SourceItem
from search.errors import SearchError

_AT_ONCE = 400
_LOOKED_AT = 10


class Matcher:
    """Knows the documents that ``names`` may mean. An id counts before a name, a name before a title or an
    address, and what is spelled alike before what only differs by case or suffix."""

    def __init__(self, collection: Collection, names: Iterable[str]) -> None:
        self._collection = collection
        self._known: dict[str, list[Document]] = {}
        wanted = list(dict.fromkeys(name for name in names if name))
        for at in range(0, len(wanted), _AT_ONCE):
            self._look_up(wanted[at : at + _AT_ONCE])
        left = [name for name in wanted if name not in self._known]
        if left:
            self._look_up_loosely(left)

    def match(self, name: str, quote: str = "", own_id: str = "") -> tuple[Right, str]:
        """What is meant, and why nothing was found, "" where it was. With a ``quote`` the passage; of
        several documents of one name it is the one that holds it. ``own_id`` counts before the name."""
        found = self._known.get(own_id) or self._known.get(name, [])
        if not name and quote:
            found = self._by_text(quote)
        if not found:
            said = _("No document is called so.") if name else _("No document holds these words.")
            return Right(None, named=name or quote[:200], quote=quote), said
        return self._placed(found, name, quote)

    def _placed(self, found: Sequence[Document], name: str, quote: str) -> tuple[Right, str]:
        if quote:
            for document in found:
                place = place_of(document, quote)
                if place is not None:
                    return Right(document, name, *place, quote=quote), ""
        if len(found) > 1:
            said = _("%(count)d documents are called so.") % {"count": len(found)}
            return Right(None, named=name, quote=quote), said
        trouble = _("The passage is not in this document; the whole document counts.") if quote else ""
        return Right(found[0], name, quote=""), trouble

    def _by_text(self, quote: str) -> list[Document]:
        """Documents that the words are searched in, the best match first; only those that hold them."""
        try:
            hits = find(quote[:300], [self._collection], k=_LOOKED_AT, mode="lexical").passages
        except (BadQuery, SearchError):
            return []
        ids = dict.fromkeys(hit.document_id for hit in hits)
        documents = {str(one.pk): one for one in _documents(self._collection).filter(pk__in=ids)}
        found = [documents[pk] for pk in ids if pk in documents]
        return [one for one in found if place_of(one, quote) is not None][:1]

    def _look_up(self, names: Sequence[str]) -> None:
        ids = [UUID(name) for name in names if _is_id(name)]
        mentioned = Q(external_id__in=names) | Q(name__in=names) | Q(title__in=names) | Q(pk__in=ids)
        by: list[dict[str, list[Document]]] = [defaultdict(list) for _kind in range(5)]
        for document in _documents(self._collection).filter(mentioned):
            keys = (str(document.pk), document.external_id, document.name, document.title)
            for kind, key in zip(by, keys, strict=False):
                kind[key].append(document)
        for path, document in self._addresses(names):
            by[4][path].append(document)
        for name in names:
            found = next((kind[name] for kind in by if kind.get(name)), None)
            if found:
                self._known[name] = found

    def _addresses(self, names: Sequence[str]) -> Iterator[tuple[str, Document]]:
        """Pages by their address, and files of sources by their path."""
        items = SourceItem.objects.filter(source__collection=self._collection, document__isnull=False)
        for item in items.filter(path__in=names).select_related("document"):
            if item.document is not None:
                yield item.path, item.document

    def _look_up_loosely(self, names: Sequence[str]) -> None:
        """One pass over the names of all documents."""
        wanted = {_loose(name): name for name in names}
        found: dict[str, dict[UUID, Document]] = defaultdict(dict)
        rows = _documents(self._collection).only("pk", "name", "title", "external_id")
        for document in rows.iterator(chunk_size=2000):
            for key in {_loose(document.name), _loose(document.title)} & wanted.keys():
                found[wanted[key]][document.pk] = document
        self._known |= {name: list(documents.values()) for name, documents in found.items()}


def place_of(document: Document, quote: str) -> tuple[int, int] | None:
    """Where the words stand in the document's text, whatever white space is between them; the first time."""
    text = DocumentText.objects.filter(document=document).values_list("text", flat=True).first()
    return place_in(text or "", quote)


def place_in(text: str, quote: str) -> tuple[int, int] | None:
    """``place_of`` in a text."""
    at = text.find(quote)
    if quote and at >= 0:
        return at, at + len(quote)
    words = quote.split()
    if not words:
        return None
    match = re.search(r"\s+".join(re.escape(word) for word in words), text)
    return match.span() if match else None


def _documents(collection: Collection) -> QuerySet[Document]:
    return Document.objects.filter(collection=collection, replaces__isnull=True)


def _is_id(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True


def _loose(name: str) -> str:
    """Without case, folders and suffix."""
    name = " ".join(name.replace("\\", "/").casefold().split()).rstrip("/")
    path = PurePosixPath(name)
    return path.stem if len(path.suffix) <= 6 else path.name
