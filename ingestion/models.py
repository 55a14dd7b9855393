"""Collections, documents, chunks and runs: the truth that every index is rebuilt from."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.roles import Role, Visibility
from ingestion.describing_models import DocumentEvent, Tag
from ingestion.document_models import Chunk, Document, DocumentText
from ingestion.golden_models import GoldenJudgement, GoldenQuestion, GoldenResult, GoldenRun, GoldenSet
from ingestion.passage_models import PassageEdit
from ingestion.recommend.models import ReadDocument, Reader, ReadSearch, Subscription
from ingestion.search_models import SavedSearch, TitleKey
from ingestion.source_models import FolderDetails, Source, SourceItem
from ingestion.web_models import Crawl, CrawlPage, WebDetails
from ingestion.work_models import DocumentBuild, Removal, Turn

__all__ = [
    "Chunk",
    "Collection",
    "Crawl",
    "CrawlPage",
    "Document",
    "DocumentBuild",
    "DocumentEvent",
    "DocumentText",
    "FolderDetails",
    "Generation",
    "GoldenJudgement",
    "GoldenQuestion",
    "GoldenResult",
    "GoldenRun",
    "GoldenSet",
    "Membership",
    "PassageEdit",
    "ReadDocument",
    "ReadSearch",
    "Reader",
    "Recognition",
    "Removal",
    "Run",
    "SavedSearch",
    "Source",
    "SourceItem",
    "Subscription",
    "Tag",
    "TitleKey",
    "Turn",
    "WebDetails",
]


class Recognition(models.TextChoices):
    """Whether the words on scans and pictures of a collection are recognised."""

    SITE = "", _("As the site is set")
    ON = "on", _("Yes")
    OFF = "off", _("No")


class Collection(models.Model):
    """Documents that are searched together and share access, splitter and embedding model."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=80, unique=True)
    description = models.TextField(blank=True, default="", max_length=2000)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="owned_collections")
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.PRIVATE)
    chunk_tokens = models.PositiveIntegerField(default=0, help_text=_("0 means the site's default"))
    chunk_overlap = models.PositiveIntegerField(default=0, help_text=_("used when chunk_tokens is set"))
    split_preset = models.CharField(
        max_length=10, blank=True, default="", help_text=_("empty goes by the type of each document")
    )
    llm = models.CharField(max_length=60, blank=True, default="")
    embedding = models.CharField(
        max_length=60,
        blank=True,
        default="",
        help_text=_("a name in EMBEDDINGS; empty means the site's default"),
    )
    dense_weight = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("how much meaning counts beside words, 0 to 1; empty goes by what the model knows"),
    )
    ocr = models.CharField(max_length=3, choices=Recognition, blank=True, default=Recognition.SITE)
    synonyms = models.TextField(blank=True, default="")
    is_sample = models.BooleanField(default=False)
    is_scratch = models.BooleanField(default=False, help_text=_("made by an evaluation, removed after it"))
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("collection", args=[self.slug])


class Membership(models.Model):
    """A person's role in a collection. The owner has every right without one."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["collection", "user"], name="one_role_each"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.role}"


class Generation(models.Model):
    """One index of a collection, made with one (embedding model, splitter) fingerprint.

    A new one can be built beside the active one and take its place when complete. ``embedder`` is how its
    embedding model is made (``search.registry``), ``split_options`` are the splitter's settings that it is
    built with. ``loads`` counts how often a worker began to load the model and was not heard of again.
    ``ended_at`` is when it stopped being used, and ``dropped_at`` when its chunks and indexes were gone.
    """

    class State(models.TextChoices):
        BUILDING = "building", _("building")
        ACTIVE = "active", _("active")
        RETIRED = "retired", _("retired")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="generations")
    embedding = models.CharField(max_length=120)
    splitter = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.BUILDING)
    run = models.OneToOneField(
        "Run", models.SET_NULL, null=True, blank=True, related_name="generation", editable=False
    )
    embedder = models.JSONField(default=dict, blank=True)
    split_options = models.JSONField(default=dict, blank=True)
    loads = models.PositiveSmallIntegerField(default=0, editable=False)
    error = models.TextField(blank=True, default="")
    repairs = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["collection"], condition=Q(state="active"), name="one_active_generation"
            ),
            models.UniqueConstraint(
                fields=["collection"], condition=Q(state="building"), name="one_building_generation"
            ),
        )

    def __str__(self) -> str:
        return f"{self.collection} · {self.state}"

    @property
    def index_id(self) -> str:
        """The name of this generation in both indexes."""
        return self.id.hex


class Run(models.Model):
    """Documents that came in together: one upload, one command, one crawl; or a re-embedding.

    The ``…_turn`` fields are where its next work stands in line (see ``ingestion.fairness``). ``rate`` is
    passages a second at ``rate_at``, measured since ``rate_since``.
    """

    class Kind(models.TextChoices):
        UPLOAD = "upload", _("Upload")
        COMMAND = "command", _("Command line")
        API = "api", _("API")
        SAMPLE = "sample", _("Sample")
        RETRY = "retry", _("Retry")
        REEMBED = "reembed", _("Re-embedding")
        REREAD = "reread", _("Read again")
        SYNC = "sync", _("Source")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=10, choices=Kind)
    source = models.ForeignKey(Source, models.SET_NULL, null=True, blank=True, related_name="runs")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    read_turn = models.BigIntegerField(default=0, editable=False)
    short_turn = models.BigIntegerField(default=0, editable=False)
    long_turn = models.BigIntegerField(default=0, editable=False)
    rate = models.FloatField(default=0.0, editable=False)
    rate_at = models.DateTimeField(null=True, blank=True, editable=False)
    rate_since = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.created_at:%Y-%m-%d %H:%M}"
