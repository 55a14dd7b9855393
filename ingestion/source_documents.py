"""What a source brings becomes documents: one item, a file or a page, after the other.

Several items may share a document, where their content is the same; then one of them owns it.
"""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ingestion import rereading, services, titles
from ingestion.crawl.addresses import display
from ingestion.intake import path_name
from ingestion.models import Document, Run, Source, SourceItem
from ingestion.storage import Stored

Outcome = SourceItem.Outcome
_MAX_NAME = 255


def document_name(item: SourceItem) -> str:
    """What the item's document is called: the path of its file, or the page's address without the scheme."""
    if "://" in item.path:
        return display(item.path).partition("://")[2].rstrip("/")[:_MAX_NAME]
    return path_name(item.path)


class SourceDocuments:
    """Settles the items of one look at a source. ``run`` is made with the first that needs one; ``taken``
    counts those that became or changed a document."""

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

    def bring(self, item: SourceItem, stored: Stored) -> SourceItem.Outcome:
        """The stored bytes are the item's content now. Where other items share its document, they keep it
        and this one gets its own. Returns what became of it."""
        document, heir = item.document, _heir(item)
        if document is not None and heir is None:
            return self._replace(document, item, stored)
        if document is not None and heir is not None:
            self._pass_on(item, document, heir)
        has_twin = Document.objects.filter(collection=self.source.collection, sha256=stored.sha256).exists()
        namesake = None if has_twin else self._namesake(document_name(item))
        if namesake is not None:
            return self._replace(namesake, item, stored)
        with transaction.atomic():
            added = services.add_stored(
                collection=self.source.collection,
                stored=stored,
                name=document_name(item),
                by=self.source.created_by,
                run=None if has_twin else self.run,
                announce=False,
            )
            outcome = Outcome.DUPLICATE if added.is_duplicate else Outcome.NEW
            self.note(item, outcome, stored=stored, document=added.document, owned=not added.is_duplicate)
        self.taken += not added.is_duplicate
        return outcome

    def _replace(self, document: Document, item: SourceItem, stored: Stored) -> SourceItem.Outcome:
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
            return self._become_twin(document, item, stored)
        outcome = Outcome.UNCHANGED if added.is_duplicate else Outcome.CHANGED
        self.note(item, outcome, stored=stored, document=document, owned=item.owned)
        self.taken += added.is_update
        return outcome

    def _become_twin(self, document: Document, item: SourceItem, stored: Stored) -> SourceItem.Outcome:
        """The item holds what another document holds already: its own document goes."""
        twin = _own(Document.objects.filter(collection=document.collection, sha256=stored.sha256).first())
        owned = item.owned
        self.note(item, Outcome.DUPLICATE, stored=stored, document=twin, owned=False)
        if owned:
            services.delete_document(document=document)
        return Outcome.DUPLICATE

    def _namesake(self, name: str) -> Document | None:
        """The only document of this name, where no source has it."""
        same = Document.objects.filter(
            collection=self.source.collection, name=name, external_id="", replaces__isnull=True
        )
        found = list(same.order_by().values_list("pk", flat=True)[:2])
        is_free = len(found) == 1 and not SourceItem.objects.filter(document=found[0]).exists()
        return same.get(pk=found[0]) if is_free else None

    def drop(self, item: SourceItem) -> None:
        """The item is gone: so is its document, unless another item shares it or it was there before."""
        document, heir = item.document, _heir(item)
        if document is not None and heir is not None:
            self._pass_on(item, document, heir)
        elif document is not None and item.owned:
            services.delete_document(document=document)
        self.note(item, Outcome.GONE, owned=False)

    @transaction.atomic
    def _pass_on(self, item: SourceItem, document: Document, heir: SourceItem) -> None:
        """The document of an item that changed or went is that of another item with the old content now."""
        if item.owned:
            SourceItem.objects.filter(pk=heir.pk).update(owned=True, outcome=Outcome.UNCHANGED)
            if document.name == document_name(item):
                Document.objects.filter(pk=document.pk).update(name=document_name(heir))
                titles.note([document.pk])

    def tidy(self) -> None:
        """What was new or gone before this look is so no longer."""
        earlier = self._earlier()
        earlier.filter(outcome=Outcome.GONE).delete()
        earlier.filter(outcome__in=[Outcome.NEW, Outcome.CHANGED]).update(outcome=Outcome.UNCHANGED)

    def _earlier(self) -> QuerySet[SourceItem]:
        return self.source.items.filter(changed_at__lt=self.source.began_at or timezone.now())

    def note(
        self,
        item: SourceItem,
        outcome: SourceItem.Outcome,
        *,
        stored: Stored | None = None,
        document: Document | None = None,
        owned: bool | None = None,
        reason: str = "",
    ) -> None:
        """Writes the item; without ``stored`` its document stays, except where the item is gone: then its
        content is not known either, so that it is new when it comes back."""
        if outcome != item.outcome or stored is not None:
            item.changed_at = timezone.now()
        item.outcome, item.reason = outcome, reason
        if stored is not None:
            item.sha256, item.document = stored.sha256, document
        elif outcome == Outcome.GONE:
            item.sha256, item.document = "", None
        item.owned = item.owned if owned is None else owned
        item.save()
        if item.published_on and item.owned and item.document_id:
            Document.objects.filter(pk=item.document_id).update(dated_on=item.published_on)


def _heir(item: SourceItem) -> SourceItem | None:
    """Another item, of any source, that has the item's document; first one of the same source."""
    if item.document_id is None:
        return None
    others = SourceItem.objects.filter(document=item.document_id).exclude(pk=item.pk).order_by("pk")
    return others.filter(source=item.source_id).first() or others.first()


def _own(document: Document | None) -> Document | None:
    """The document itself, or the one that it is to replace."""
    return document.replaces or document if document is not None else None
