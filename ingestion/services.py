"""Writes: collections, people, documents. Work is announced after the commit, never inside it."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath
from typing import IO, Any
from uuid import UUID

from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Role
from ingestion import fairness, history, page_pictures, storage, wake
from ingestion.chunk_writing import drop_chunks
from ingestion.errors import BadCollection, RefusedFile
from ingestion.generations import active_generation
from ingestion.models import Collection, Document, DocumentBuild, Membership, Removal, Run

_MAX_NAME = 255
_RETRIED_TOGETHER = 20
RESERVED_SLUGS = frozenset({"new", "sample"})
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
Status, Step = Document.Status, Document.Step


@dataclass(frozen=True, slots=True)
class Added:
    """``document`` is the one that was there already when ``is_duplicate``, and when ``is_update``: then
    it gets the file's content."""

    document: Document
    is_duplicate: bool
    is_update: bool = False


# Collections and people


def free_slug(name: str) -> str:
    """A slug made from the name, with a number where it is taken. Chinese names get ``collection``."""
    base = slugify(name)[:60] or "collection"
    taken = {
        *RESERVED_SLUGS,
        *Collection.objects.filter(slug__startswith=base).values_list("slug", flat=True),
    }
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug


def create_collection(
    *,
    owner: User,
    name: str,
    slug: str = "",
    description: str = "",
    visibility: str = "private",
    is_sample: bool = False,
    is_scratch: bool = False,
) -> Collection:
    """Raises ``BadCollection`` for an empty name, a slug that is taken, or one with odd characters."""
    name = " ".join(name.split())
    if not name:
        raise BadCollection(_("Give the collection a name."))
    if len(name) > 120:
        raise BadCollection(_("The name is longer than 120 characters. Choose a shorter one."))
    if slug in RESERVED_SLUGS:
        raise BadCollection(
            _("“%(slug)s” is an address of the site itself. Choose another slug.") % {"slug": slug}
        )
    if slug and (slugify(slug) != slug or len(slug) > 80):
        raise BadCollection(
            _("A slug holds lower-case letters, digits and hyphens only, 80 at most, for example “%(slug)s”.")
            % {"slug": slugify(slug)[:80] or "team-handbook"}
        )
    try:
        with transaction.atomic():
            collection = Collection.objects.create(
                owner=owner,
                name=name,
                slug=slug or free_slug(name),
                description=description,
                visibility=visibility,
                is_sample=is_sample,
                is_scratch=is_scratch,
            )
            active_generation(collection)
    except IntegrityError as error:
        raise BadCollection(
            _("There is a collection at “%(slug)s” already. Choose another slug.") % {"slug": slug},
            code="slug_taken",
        ) from error
    return collection


def update_collection(*, collection: Collection, **fields: object) -> Collection:
    """Saves the given fields only."""
    for field, value in fields.items():
        setattr(collection, field, value)
    collection.save(update_fields=[*fields, "updated_at"])
    return collection


def delete_collection(*, collection: Collection) -> None:
    """Removes it with its documents, files and indexes."""
    digests = list(collection.documents.values_list("sha256", flat=True))
    with transaction.atomic():
        Removal.objects.bulk_create(
            Removal(index_id=generation.index_id) for generation in collection.generations.all()
        )
        collection.delete()
        transaction.on_commit(wake.indexer)
    discard_unused(digests)


def set_member(*, collection: Collection, user: User, role: str) -> Membership:
    membership, _created = Membership.objects.update_or_create(
        collection=collection, user=user, defaults={"role": Role(role)}
    )
    return membership


def remove_member(*, collection: Collection, user: User) -> None:
    Membership.objects.filter(collection=collection, user=user).delete()


# Documents


def start_run(*, collection: Collection, kind: str, by: User | None = None) -> Run:
    return Run.objects.create(collection=collection, kind=kind, started_by=by)


def clean_name(name: str) -> str:
    """The last part of a path, without control and direction characters, 255 characters at most;
    a long name keeps its suffix."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/")
    name = _UNSAFE.sub("", PurePosixPath(name).name).strip(" .") or _("unnamed")
    if len(name) > _MAX_NAME:
        suffix = PurePosixPath(name).suffix[:20]
        name = name[: _MAX_NAME - len(suffix) - 1] + "…" + suffix
    return name


def add_file(
    *,
    collection: Collection,
    file: "IO[bytes] | File[Any]",
    name: str,
    by: User | None = None,
    run: Run | None = None,
    external_id: str = "",
    announce: bool = True,
) -> Added:
    """Stores the bytes and queues the document, as ``add_stored`` does. Raises ``RefusedFile``."""
    return add_stored(
        collection=collection,
        stored=storage.store(file),
        name=clean_name(name),
        by=by,
        run=run,
        external_id=external_id,
        announce=announce,
    )


def add_stored(
    *,
    collection: Collection,
    stored: storage.Stored,
    name: str,
    by: User | None = None,
    run: Run | None = None,
    external_id: str = "",
    announce: bool = True,
) -> Added:
    """Queues a document for stored bytes under a clean name.

    The same bytes in the same collection are a duplicate; where that earlier document failed or was
    cancelled it is queued again. Raises ``RefusedFile`` where the collection is gone.
    """
    same_bytes = Document.objects.filter(collection=collection, sha256=stored.sha256).order_by("created_at")
    existing = same_bytes.first()
    if existing is None:
        try:
            with transaction.atomic():
                document = Document.objects.create(
                    collection=collection,
                    run=run,
                    name=name,
                    external_id=external_id[:200],
                    size=stored.size,
                    sha256=stored.sha256,
                    created_by=by,
                    turn=fairness.reading_turn(run.pk if run else None, fairness.reading_cost(stored.size)),
                )
                history.record([document.pk], history.Kind.ADDED, by=by)
                if announce:
                    transaction.on_commit(wake.parser)
            return Added(document, is_duplicate=False)
        except IntegrityError:
            existing = same_bytes.first()
            if existing is None:
                raise RefusedFile(
                    _("The collection was deleted meanwhile."), code="collection_gone"
                ) from None
    if existing.status in {Status.FAILED, Status.CANCELLED}:
        retry_document(document=existing)
    return Added(existing.replaces or existing, is_duplicate=True)


def retry_document(*, document: Document, by: User | None = None) -> None:
    """Queues a failed or cancelled document again, from its first step."""
    retry_documents(Document.objects.filter(pk=document.pk), by=by)
    document.refresh_from_db()


def retry_documents(documents: QuerySet[Document], *, by: User | None = None) -> int:
    """Queues those that failed or were cancelled again and returns how many. Each stands in line where
    its run does, a few together."""
    ended = documents.filter(status__in=[Status.FAILED, Status.CANCELLED])
    rows = sorted(ended.values_list("pk", "run_id", "size"), key=lambda row: str(row[1]))
    changed = 0
    for run, group in groupby(rows, key=lambda row: row[1]):
        of_run = list(group)
        for at in range(0, len(of_run), _RETRIED_TOGETHER):
            some = of_run[at : at + _RETRIED_TOGETHER]
            cost = sum(fairness.reading_cost(size) for _pk, _run, size in some)
            changed += _queue_again([pk for pk, _run, _size in some], run, cost, by)
    return changed


@transaction.atomic
def _queue_again(ids: list[UUID], run: UUID | None, cost: int, by: User | None) -> int:
    ended = Document.objects.filter(pk__in=ids, status__in=[Status.FAILED, Status.CANCELLED]).order_by()
    ids = list(ended.select_for_update().values_list("pk", flat=True))
    changed = Document.objects.filter(pk__in=ids).update(
        status=Status.QUEUED,
        step=Step.EXTRACT,
        error="",
        error_code="",
        attempts=0,
        lease_until=None,
        claim=None,
        finished_at=None,
        indexed_count=0,
        pages_read=0,
        pages_total=0,
        turn=fairness.reading_turn(run, cost),
        updated_at=timezone.now(),
    )
    history.record(ids, history.Kind.RETRIED, by=by)
    if changed:
        transaction.on_commit(wake.parser)
    return changed


def cancel_document(*, document: Document, by: User | None = None) -> None:
    """Stops the work; what was indexed already leaves the indexes."""
    cancel_documents(Document.objects.filter(pk=document.pk), by=by)
    document.refresh_from_db()


def cancel_documents(documents: QuerySet[Document], *, by: User | None = None) -> int:
    """Cancels those in work and returns how many; the index worker then takes their chunks away.

    Whoever reads one notices within three seconds that its claim is gone, and ends the extraction."""
    with transaction.atomic():
        in_work = documents.filter(status__in=[Status.QUEUED, Status.PROCESSING]).order_by()
        DocumentBuild.objects.filter(document__in=in_work.values("pk")).delete()
        ids = list(in_work.select_for_update().values_list("pk", flat=True))
        now = timezone.now()
        changed = in_work.update(
            status=Status.CANCELLED, claim=None, lease_until=None, finished_at=now, updated_at=now
        )
        history.record(ids, history.Kind.CANCELLED, by=by)
        if changed:
            transaction.on_commit(wake.indexer)
    return changed


def delete_document(*, document: Document) -> None:
    """Removes the document at once, its entries in the indexes as soon as the index worker runs.

    It counts as cancelled while its chunks are dropped, so that after a crash none seems complete. Its
    successor goes first."""
    for successor in Document.objects.filter(replaces=document):
        delete_document(document=successor)
    Document.objects.filter(pk=document.pk).update(
        status=Status.CANCELLED, claim=None, lease_until=None, updated_at=timezone.now()
    )
    drop_chunks(document)
    with transaction.atomic():
        drop_chunks(document)
        digests = list(Document.objects.filter(pk=document.pk).values_list("sha256", flat=True))
        document.delete()
        transaction.on_commit(wake.indexer)
    discard_unused(digests)


def discard_unused(digests: list[str]) -> None:
    """Removes the stored files with these SHA-256 that no document has any more."""
    used = set(Document.objects.filter(sha256__in=digests).values_list("sha256", flat=True))
    for digest in set(digests) - used:
        storage.discard(digest)
        page_pictures.forget(digest)
