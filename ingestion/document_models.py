"""Documents, their text and their passages."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ingestion.passage_models import PassageEdit


class Document(models.Model):
    """A file or page on its way into the indexes.

    ``status`` is what people see. ``step`` is the work still to do while it is queued or processing,
    committed together with the result of the step before. ``lease_until`` is renewed by the worker
    that holds the document; when it lies in the past, anybody may take it. ``turn`` is its place in the
    line of documents to read, and ``slow`` says that reading it was found to take long. ``pages_read`` of
    ``pages_total`` is how far the reading is, 0 where unknown. ``meta`` is what the file says of itself
    (``ingestion.extract.meta``); ``dated_on`` is the day that it gives itself (``ingestion.document_dates``).

    One that ``replaces`` another is a successor: the next content of a ready document on its way through
    the pipeline, shown only as the update of that document, which takes it over (``ingestion.adopting``)
    when it is indexed. ``former_ids`` are the ids of successors taken over, newest last, since chunk ids
    were made from them.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        PROCESSING = "processing", _("processing")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    class Step(models.TextChoices):
        EXTRACT = "extract", _("reading")
        INDEX = "index", _("indexing")
        DONE = "done", _("done")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey("ingestion.Collection", models.CASCADE, related_name="documents")
    replaces = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, related_name="successor", editable=False
    )
    former_ids = models.JSONField(default=list, blank=True, editable=False)
    run = models.ForeignKey("ingestion.Run", models.SET_NULL, null=True, blank=True, related_name="documents")
    name = models.CharField(max_length=255)
    external_id = models.CharField(max_length=200, blank=True, default="")
    title = models.CharField(max_length=300, blank=True, default="")
    language = models.CharField(max_length=10, blank=True, default="")
    mime = models.CharField(max_length=120, blank=True, default="")
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    step = models.CharField(max_length=10, choices=Step, default=Step.EXTRACT)
    error_code = models.CharField(max_length=40, blank=True, default="")
    error = models.TextField(blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    turn = models.BigIntegerField(default=0, editable=False)
    slow = models.BooleanField(default=False, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True)
    pages = models.PositiveIntegerField(null=True, blank=True)
    pages_read = models.PositiveIntegerField(default=0, editable=False)
    pages_total = models.PositiveIntegerField(default=0, editable=False)
    meta = models.JSONField(default=dict, blank=True)
    dated_on = models.DateField(null=True, blank=True, editable=False)
    chunk_count = models.PositiveIntegerField(default=0)
    indexed_count = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "name")
        constraints = (
            models.UniqueConstraint(
                fields=["collection", "sha256"],
                condition=Q(replaces__isnull=True),
                name="same_bytes_once_a_collection",
            ),
        )
        indexes = (
            models.Index(
                fields=["step", "turn"],
                condition=Q(status__in=["queued", "processing"]),
                name="documents_in_line",
            ),
            models.Index(
                fields=["id"], condition=Q(status="cancelled", chunk_count__gt=0), name="documents_to_clear"
            ),
            models.Index(fields=["collection", "status"], name="documents_by_status"),
            models.Index(fields=["collection", "-created_at"], name="documents_newest"),
            models.Index(fields=["collection", "name"], name="documents_by_name"),
            models.Index(fields=["collection", "sha256"], name="documents_by_bytes"),
            models.Index(fields=["collection", "dated_on"], name="documents_by_date"),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("document", args=[self.owner_id])

    @property
    def owner_id(self) -> uuid.UUID:
        """The document that people see: a successor's chunks are, or will be, that one's."""
        return self.replaces_id or self.id

    @property
    def every_id(self) -> list[uuid.UUID]:
        """The ids that its chunks were named by."""
        return [self.id, *(uuid.UUID(text) for text in self.former_ids)]

    @property
    def update(self) -> "Document | None":
        """The successor that is to take this document's place, if there is one."""
        return getattr(self, "successor", None)

    @property
    def is_changing(self) -> bool:
        """Whether it, or its update, is in work."""
        return self.is_in_work or bool(self.update and self.update.is_in_work)

    @property
    def shown_title(self) -> str:
        return self.title or self.name

    @property
    def is_in_work(self) -> bool:
        return self.status in {self.Status.QUEUED, self.Status.PROCESSING}

    @property
    def progress(self) -> int:
        """Percent of the work done: the reading counts ten, each indexed passage its share of the rest."""
        if self.status == self.Status.READY:
            return 100
        if self.step != self.Step.INDEX or not self.chunk_count:
            share = 10 * self.pages_read // self.pages_total if self.pages_total else 5
            return share if self.status == self.Status.PROCESSING else 0
        return 10 + 90 * self.indexed_count // self.chunk_count


class DocumentText(models.Model):
    """The extracted text, apart from the document so that lists stay light.

    ``pages`` is a list of ``[number or null, start, label, ocr]``; a start is a character offset.
    """

    document = models.OneToOneField(Document, models.CASCADE, primary_key=True, related_name="content")
    text = models.TextField()
    pages = models.JSONField(default=list)

    def __str__(self) -> str:
        return str(self.document_id)


class Chunk(models.Model):
    """A passage: ``text`` is the document's text from ``start`` to ``end`` (characters). ``turn`` is its
    place in the line of chunks to index.

    ``table`` is the header row of a table that it is cut out of and does not hold. One by hand names its
    ``edit``: its text is its own, and the range is where it belongs in the document, empty for an addition.
    """

    id = models.CharField(max_length=32, primary_key=True)
    document = models.ForeignKey(Document, models.CASCADE, related_name="chunks")
    generation = models.ForeignKey("ingestion.Generation", models.CASCADE, related_name="chunks")
    ordinal = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    page = models.PositiveIntegerField(null=True, blank=True)
    heading = models.CharField(max_length=300, blank=True, default="")
    text = models.TextField()
    table = models.CharField(max_length=500, blank=True, default="")
    edit = models.ForeignKey(PassageEdit, models.CASCADE, null=True, blank=True, related_name="chunks")
    indexed = models.BooleanField(default=False)
    turn = models.BigIntegerField(default=0)

    class Meta:
        ordering = ("document_id", "ordinal")
        indexes = (
            models.Index(fields=["document", "ordinal"], name="chunks_in_order"),
            models.Index(fields=["document", "generation"], condition=Q(indexed=False), name="chunks_left"),
            models.Index(fields=["turn"], condition=Q(indexed=False), name="chunks_in_line"),
        )

    def __str__(self) -> str:
        return self.id
