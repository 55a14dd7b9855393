"""One file of a source after the other: its bytes become, or change, or no longer are, a document."""

import logging
from typing import IO

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from ingestion import folders, rereading, services, storage
from ingestion.errors import IngestionError, RefusedFile
from ingestion.extract.archive import is_archive
from ingestion.folders import FolderUnavailable, State, state_of
from ingestion.intake import path_name
from ingestion.models import Document, Run, Source, SourceItem
from ingestion.storage import Stored

log = logging.getLogger(__name__)

Outcome = SourceItem.Outcome
TOO_LARGE = gettext_noop("The file is larger than this site accepts (MAX_UPLOAD_MB).")
EMPTY = gettext_noop("The file is empty.")
UNREADABLE = gettext_noop("The file cannot be opened. Check its permissions.")
IN_FLUX = gettext_noop("The file was being written while it was read. It is tried again next time.")
ARCHIVE = gettext_noop("Archives in watched folders are not unpacked. Unpack it there, or upload it.")
_UNSEEN = State(0, 0)


class Files:
    """Settles files of one scan. ``run`` is made with the first that needs one; ``taken`` counts those that
    became or changed a document."""

    def __init__(self, source: Source, run: Run | None) -> None:
        self.source, self._run, self.taken = source, run, 0

    @property
    def run(self) -> Run:
        if self._run is None:
            self._run = Run.objects.create(
                collection=self.source.collection,
                kind=Run.Kind.SYNC,
                source=self.source,
                started_by=self.source.created_by,
            )
            Source.objects.filter(pk=self.source.pk).update(last_run=self._run)
        return self._run

    def take(self, path: str, state: State, item: SourceItem | None) -> None:
        """Takes a file that is new or seems changed. Where it fails, the reason is noted, and a state that
        makes the next scan try again, except for what only another content can mend."""
        item = item or SourceItem(source=self.source, path=path)
        try:
            self._take(path, state, item)
        except IngestionError as error:
            seen = state if error.code == "archive" else _UNSEEN
            self._note(item, Outcome.FAILED, state=seen, reason=str(error))
        except (OSError, FolderUnavailable) as error:
            log.info("source %s: %s: %s", self.source.pk, path, error)
            self._note(item, Outcome.FAILED, state=_UNSEEN, reason=UNREADABLE)

    def _take(self, path: str, state: State, item: SourceItem) -> None:
        _check_size(state)
        where = self.source.folder
        with folders.open_file(where.root, where.path, path) as file:
            before = state_of(file)
            if item.sha256 and item.outcome not in {Outcome.FAILED, Outcome.GONE}:
                if storage.digest_of(file) == item.sha256:
                    self._note(item, Outcome(item.outcome), state=before)
                    return
                file.seek(0)
            stored = _store(file, before, path)
        self._bring(item, before, stored)

    def _bring(self, item: SourceItem, state: State, stored: Stored) -> None:
        """The item knows its document. Where other files share that, they keep it and this gets its own."""
        document, heir = item.document, _heir(item)
        if document is not None and heir is None:
            self._replace(document, item, state, stored)
            return
        if document is not None and heir is not None:
            _pass_on(item, document, heir)
        twin = _own(Document.objects.filter(collection=self.source.collection, sha256=stored.sha256).first())
        namesake = None if twin else self._namesake(path_name(item.path))
        if namesake is not None:
            self._replace(namesake, item, state, stored)
            return
        with transaction.atomic():
            added = services.add_stored(
                collection=self.source.collection,
                stored=stored,
                name=path_name(item.path),
                by=self.source.created_by,
                run=self.run if twin is None else None,
                announce=False,
            )
            outcome = Outcome.DUPLICATE if added.is_duplicate else Outcome.NEW
            self._note(
                item,
                outcome,
                state=state,
                stored=stored,
                document=added.document,
                owned=not added.is_duplicate,
            )
        self.taken += not added.is_duplicate

    def _replace(self, document: Document, item: SourceItem, state: State, stored: Stored) -> None:
        try:
            added = rereading.replace_stored(
                document=document,
                stored=stored,
                name=document.name,
                by=self.source.created_by,
                run=self.run,
                announce=False,
            )
        except rereading.CannotReplace as error:
            if error.code != "duplicate":
                raise
            self._become_twin(document, item, state, stored)
            return
        outcome = Outcome.UNCHANGED if added.is_duplicate else Outcome.CHANGED
        self._note(item, outcome, state=state, stored=stored, document=document, owned=item.owned)
        self.taken += added.is_update

    def _become_twin(self, document: Document, item: SourceItem, state: State, stored: Stored) -> None:
        """The file holds what another document holds already: its own document goes."""
        twin = _own(Document.objects.filter(collection=document.collection, sha256=stored.sha256).first())
        owned = item.owned
        self._note(item, Outcome.DUPLICATE, state=state, stored=stored, document=twin, owned=False)
        if owned:
            services.delete_document(document=document)

    def _namesake(self, name: str) -> Document | None:
        """The only document of this name, where no source has it."""
        same = Document.objects.filter(
            collection=self.source.collection, name=name, external_id="", replaces__isnull=True
        )
        found = list(same[:2])
        is_free = len(found) == 1 and not SourceItem.objects.filter(document=found[0]).exists()
        return found[0] if is_free else None

    def drop(self, item: SourceItem) -> None:
        """The file is gone: so is its document, unless another file shares it or it was there before."""
        document, heir = item.document, _heir(item)
        if document is not None and heir is not None:
            _pass_on(item, document, heir)
        elif document is not None and item.owned:
            services.delete_document(document=document)
        self._note(item, Outcome.GONE, state=_UNSEEN, owned=False)

    def tidy(self) -> None:
        """What was new or gone before this scan is so no longer."""
        began = self.source.began_at or timezone.now()
        earlier = self.source.items.filter(changed_at__lt=began)
        earlier.filter(outcome=Outcome.GONE).delete()
        earlier.filter(outcome__in=[Outcome.NEW, Outcome.CHANGED]).update(outcome=Outcome.UNCHANGED)

    def _note(
        self,
        item: SourceItem,
        outcome: SourceItem.Outcome,
        *,
        state: State,
        stored: Stored | None = None,
        document: Document | None = None,
        owned: bool | None = None,
        reason: str = "",
    ) -> None:
        """Writes the item; without ``stored`` its document stays, except where the file is gone."""
        if outcome != item.outcome or stored is not None:
            item.changed_at = timezone.now()
        item.outcome, item.reason = outcome, reason
        item.size, item.mtime_ns = state.size, state.mtime_ns
        if stored is not None:
            item.sha256, item.document = stored.sha256, document
        elif outcome == Outcome.GONE:
            item.document = None
        item.owned = item.owned if owned is None else owned
        item.save()


def _heir(item: SourceItem) -> SourceItem | None:
    """Another file, of any source, that has the item's document; first one of the same source."""
    if item.document_id is None:
        return None
    others = SourceItem.objects.filter(document=item.document_id).exclude(pk=item.pk).order_by("pk")
    return others.filter(source=item.source_id).first() or others.first()


@transaction.atomic
def _pass_on(item: SourceItem, document: Document, heir: SourceItem) -> None:
    """The document of a file that changed or went is that of another file with the old content now."""
    if item.owned:
        SourceItem.objects.filter(pk=heir.pk).update(owned=True, outcome=Outcome.UNCHANGED)
        if document.name == path_name(item.path):
            Document.objects.filter(pk=document.pk).update(name=path_name(heir.path))


def _own(document: Document | None) -> Document | None:
    """The document itself, or the one that it is to replace."""
    return document.replaces or document if document is not None else None


def _check_size(state: State) -> None:
    if not state.size:
        raise RefusedFile(EMPTY, code="empty")
    if state.size > settings.MAX_UPLOAD_MB * 2**20:
        raise RefusedFile(TOO_LARGE, code="too_large")


def _store(file: IO[bytes], before: State, name: str) -> Stored:
    """Raises ``RefusedFile`` for archives and for files that somebody writes to."""
    stored = storage.store(file)
    if state_of(file) != before:
        services.discard_unused([stored.sha256])
        raise RefusedFile(IN_FLUX, code="in_flux")
    if is_archive(storage.path_of(stored.sha256), name):
        services.discard_unused([stored.sha256])
        raise RefusedFile(ARCHIVE, code="archive")
    return stored
