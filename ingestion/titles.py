"""Titles and names of documents, found by the beginnings of their words while somebody types.

The keys are written when a document becomes ready and when it is renamed, and go with it. What is shown is
read from the document itself, so a stale key can miss one, and never show what is not so.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from ingestion.models import Collection, Document, TitleKey
from search import analysis
from search.folding import fold

MOST = 8
_AT_ONCE = 500
# Keys of one document; what follows in a very long title is not found by its beginning.
_KEYS = 40
# How many keys are looked at: more where they must meet those of another word.
_LOOKED_AT, _FOR_SEVERAL, _RANKED = 200, 2000, 48
_WORDS = 6


def words_of(*texts: str) -> list[str]:
    """The folded words of the texts; in scripts without spaces all that follows each character."""
    found: dict[str, None] = {}
    for text in texts:
        for word, is_dense, _start, _end in analysis.runs(text):
            found.update(dict.fromkeys(word[at:] for at in range(len(word) if is_dense else 1)))
    return list(found)


def note(documents: Iterable[UUID]) -> None:
    """Writes the keys of these documents anew, from their titles and names as they are now."""
    ids = list(documents)
    for at in range(0, len(ids), _AT_ONCE):
        part = ids[at : at + _AT_ONCE]
        TitleKey.objects.filter(document__in=part).delete()
        rows = Document.objects.filter(pk__in=part, collection__is_scratch=False).order_by()
        _insert(
            (pk, collection, key)
            for pk, collection, title, name in rows.values_list("pk", "collection_id", "title", "name")
            for key in keys(title, name)
        )


def _insert(rows: Iterable[tuple[UUID, UUID, bytes]]) -> None:
    """Without an object for each: a batch of documents has thousands of keys."""
    known = {field.name: field for field in TitleKey._meta.concrete_fields}
    fields = [known[name] for name in ("document", "collection", "key")]
    quoted = connection.ops.quote_name
    names = ", ".join(quoted(field.column or field.name) for field in fields)
    values = (
        [field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True)]
        for row in rows
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {quoted(TitleKey._meta.db_table)} ({names}) VALUES (%s, %s, %s)",
            list(values),
        )


def beginning_with(typed: str, collections: Sequence[Collection], limit: int = MOST) -> list[Document]:
    """Ready documents of ``collections`` in whose title or name each typed word begins a word, those that
    begin with what was typed first; an indexed look-up, whatever their number."""
    words = [word for word, _dense, _start, _end in analysis.runs(typed)][:_WORDS]
    if not words or not collections:
        return []
    longest, *others = sorted(words, key=lambda word: -len(_key(word)))
    ids = [collection.pk for collection in collections]
    held = TitleKey.objects.filter(_range(longest), collection__in=ids).order_by()
    most = _FOR_SEVERAL if others else _LOOKED_AT
    found = Document.objects.filter(
        pk__in=list(dict.fromkeys(held.values_list("document", flat=True)[:most])),
        status=Document.Status.READY,
        replaces__isnull=True,
    )
    for word in others:
        found = found.filter(Exists(TitleKey.objects.filter(_range(word), document=OuterRef("pk"))))
    candidates = list(found.select_related("collection").defer("meta").order_by()[:_RANKED])
    start = fold(typed.strip()).text
    fitting = [document for document in candidates if _holds(document, words)]
    fitting.sort(
        key=lambda document: (
            not fold(document.shown_title).text.startswith(start),
            len(document.shown_title),
            document.shown_title,
        )
    )
    return fitting[:limit]


def keys(title: str, name: str) -> list[bytes]:
    """What is kept of a document with this title and name."""
    stem, _dot, suffix = name.rpartition(".")
    return list(dict.fromkeys(_key(word) for word in words_of(title, stem or suffix)))[:_KEYS]


def _key(word: str) -> bytes:
    return word.encode()[: TitleKey.KEY_BYTES]


def _range(word: str) -> Q:
    """No byte of UTF-8 is 0xff."""
    key = _key(word)
    return Q(key__gte=key, key__lt=key + b"\xff")


def _holds(document: Document, words: Sequence[str]) -> bool:
    own = words_of(document.title, document.name)
    return all(any(each.startswith(word) for each in own) for word in words)
