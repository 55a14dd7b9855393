"""Sources of a collection: making, changing, pausing and removing them."""

from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Action
from ingestion import access, folders, services, wake
from ingestion.access import Person
from ingestion.errors import IngestionError
from ingestion.models import Collection, Document, FolderDetails, Run, Source, SourceItem
from ingestion.schedules import Often, every

# Files that programs leave beside those that people write.
USUALLY_EXCLUDED = "~$*\n*.tmp\n*.part\n*.crdownload\nThumbs.db\ndesktop.ini"


class BadSource(IngestionError):
    """A folder that cannot be a source."""

    code = "bad_source"


def may_add_folders(user: Person, collection: Collection) -> bool:
    """Reading files of the server is an administrator's right."""
    return bool(user.is_superuser) and access.may(user, collection, Action.MANAGE)


def paused_runs() -> QuerySet[Run]:
    """Runs whose documents wait until their source is resumed; for a subquery."""
    return Run.objects.filter(source__paused=True).order_by().only("pk")


def add_folder_source(
    *,
    collection: Collection,
    by: User,
    name: str,
    root: str,
    path: str = "",
    include: str = "",
    exclude: str = "",
    interval: int = Often.HOUR,
) -> Source:
    """Makes the source and has it looked at now. Raises ``BadSource``."""
    path = checked_path(root, path)
    with transaction.atomic():
        source = Source.objects.create(
            collection=collection,
            name=name or default_name(root, path),
            every=every(interval),
            next_at=timezone.now(),
            created_by=by,
        )
        FolderDetails.objects.create(
            source=source, root=root, path=path, include=include.strip(), exclude=exclude.strip()
        )
        transaction.on_commit(wake.sources)
    return source


def change_folder_source(
    *, source: Source, name: str, root: str, path: str, include: str, exclude: str, interval: int
) -> None:
    """Saves the settings and has the source looked at now; files that do not belong to it any more are
    treated as those that are gone. Raises ``BadSource``."""
    path = checked_path(root, path)
    with transaction.atomic():
        Source.objects.filter(pk=source.pk).update(
            name=name or default_name(root, path),
            every=every(interval),
            next_at=timezone.now(),
            claim=None,
            lease_until=None,
        )
        FolderDetails.objects.filter(source=source).update(
            root=root, path=path, include=include.strip(), exclude=exclude.strip()
        )
        transaction.on_commit(wake.sources)
    source.refresh_from_db()


def checked_path(root: str, path: str) -> str:
    """``path`` without empty parts. Raises ``BadSource`` where it is not a folder below an allowed root."""
    if root not in settings.SOURCE_ROOTS:
        raise BadSource(_("Choose one of the folders that SOURCE_ROOTS allows."), code="root")
    path = "/".join(part for part in path.split("/") if part not in {"", "."})
    try:
        folders.subfolders(root, path)
    except folders.FolderUnavailable as error:
        raise BadSource(
            _("The folder “%(path)s” cannot be read: %(reason)s.") % {"path": path or root, "reason": error},
            code="path",
        ) from error
    return path


def default_name(root: str, path: str) -> str:
    return (Path(root) / path).name[:120] or root[:120]


def set_paused(*, source: Source, paused: bool) -> None:
    """A paused source is not looked at, and what it brought waits until it goes on."""
    with transaction.atomic():
        changes = {"claim": None, "lease_until": None, "attempts": 0} if paused else {}
        Source.objects.filter(pk=source.pk).update(paused=paused, **changes)
        if not paused:
            for call in (wake.sources, wake.parser, wake.indexer):
                transaction.on_commit(call)
    source.refresh_from_db()


def sync_now(*, source: Source, may_empty: bool = False) -> None:
    """Has the source looked at now. ``may_empty``: an empty folder is meant, its documents go."""
    with transaction.atomic():
        Source.objects.filter(pk=source.pk).update(next_at=timezone.now(), may_empty=may_empty)
        transaction.on_commit(wake.sources)
    source.refresh_from_db()


def delete_source(*, source: Source, with_documents: bool) -> int:
    """Forgets the source; ``with_documents`` also what came from it alone. Returns how many documents
    went."""
    Source.objects.filter(pk=source.pk).update(paused=True, claim=None, lease_until=None)
    shared = SourceItem.objects.filter(document=OuterRef("pk")).exclude(source=source)
    owned = Document.objects.filter(source_items__source=source, source_items__owned=True)
    gone = list(owned.filter(~Exists(shared)).distinct()) if with_documents else []
    for document in gone:
        services.delete_document(document=document)
    source.delete()
    return len(gone)
