"""One file of a source after the other: its bytes become, or change, or no longer are, a document."""

import logging
from typing import IO

from django.conf import settings
from django.utils.translation import gettext_noop

from ingestion import folders, services, storage
from ingestion.errors import IngestionError, RefusedFile
from ingestion.extract.archive import is_archive
from ingestion.folders import FolderUnavailable, State, state_of
from ingestion.models import SourceItem
from ingestion.source_documents import SourceDocuments
from ingestion.storage import Stored

log = logging.getLogger(__name__)

Outcome = SourceItem.Outcome
TOO_LARGE = gettext_noop("The file is larger than this site accepts (MAX_UPLOAD_MB).")
EMPTY = gettext_noop("The file is empty.")
UNREADABLE = gettext_noop("The file cannot be opened. Check its permissions.")
IN_FLUX = gettext_noop("The file was being written while it was read. It is tried again next time.")
ARCHIVE = gettext_noop("Archives in watched folders are not unpacked. Unpack it there, or upload it.")
_UNSEEN = State(0, 0)


class Files(SourceDocuments):
    """Settles the files of one scan."""

    def take(self, path: str, state: State, item: SourceItem | None) -> None:
        """Takes a file that is new or seems changed. Where it fails, the reason is noted, and a state that
        makes the next scan try again, except for what only another content can mend."""
        item = item or SourceItem(source=self.source, path=path)
        try:
            self._take(path, state, item)
        except IngestionError as error:
            _see(item, state if error.code == "archive" else _UNSEEN)
            self.note(item, Outcome.FAILED, reason=str(error))
        except (OSError, FolderUnavailable) as error:
            log.info("source %s: %s: %s", self.source.pk, path, error)
            _see(item, _UNSEEN)
            self.note(item, Outcome.FAILED, reason=UNREADABLE)

    def _take(self, path: str, state: State, item: SourceItem) -> None:
        _check_size(state)
        where = self.source.folder
        with folders.open_file(where.root, where.path, path) as file:
            before = state_of(file)
            if item.sha256 and item.outcome not in {Outcome.FAILED, Outcome.GONE}:
                if storage.digest_of(file) == item.sha256:
                    _see(item, before)
                    self.note(item, Outcome(item.outcome))
                    return
                file.seek(0)
            stored = _store(file, before, path)
        _see(item, before)
        self.bring(item, stored)

    def drop(self, item: SourceItem) -> None:
        _see(item, _UNSEEN)
        super().drop(item)


def _see(item: SourceItem, state: State) -> None:
    """What the next scan compares the file with."""
    item.size, item.mtime_ns = state.size, state.mtime_ns


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
