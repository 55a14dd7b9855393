"""Sources: places outside that are looked at on a schedule, and what was found there."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Source(models.Model):
    """A folder or a site whose files and pages are documents of a collection.

    ``next_at`` is when it is looked at next, ``None`` for only when somebody asks; it follows from
    ``crontab``, or else from ``every`` (``ingestion.schedules``). A worker holds it by ``claim`` and
    ``lease_until`` while it does; ``began_at`` is when that began, and is kept when another worker goes on
    after a crash. ``may_empty`` allows one scan to remove every document.
    """

    class Kind(models.TextChoices):
        FOLDER = "folder", _("Folder")
        WEB = "web", _("Website")

    class Outcome(models.TextChoices):
        OK = "ok", _("complete")
        PROBLEMS = "problems", _("with problems")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey("ingestion.Collection", models.CASCADE, related_name="sources")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FOLDER)
    name = models.CharField(max_length=120)
    paused = models.BooleanField(default=False)
    every = models.ForeignKey(
        "django_celery_beat.IntervalSchedule", models.PROTECT, null=True, blank=True, related_name="+"
    )
    crontab = models.ForeignKey(
        "django_celery_beat.CrontabSchedule", models.PROTECT, null=True, blank=True, related_name="+"
    )
    next_at = models.DateTimeField(null=True, blank=True)
    may_empty = models.BooleanField(default=False, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    claim = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    began_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_run = models.ForeignKey(
        "ingestion.Run", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    last_outcome = models.CharField(max_length=10, choices=Outcome, blank=True, default="", editable=False)
    last_error = models.TextField(blank=True, default="", editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name", "created_at")
        indexes = (models.Index(fields=["next_at"], condition=Q(paused=False), name="sources_by_time"),)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("source", args=[self.id])

    @property
    def is_due(self) -> bool:
        """Whether it is being looked at, or about to be."""
        return not self.paused and self.next_at is not None and self.next_at <= timezone.now()

    @property
    def is_running(self) -> bool:
        return self.is_due and self.claim is not None


class FolderDetails(models.Model):
    """Where a folder source looks: ``path`` below ``root``, which ``SOURCE_ROOTS`` must name.

    ``include`` and ``exclude`` hold a pattern a line (see ``ingestion.folders``).
    """

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="folder")
    root = models.CharField(max_length=1000)
    path = models.CharField(max_length=1000, blank=True, default="")
    include = models.TextField(blank=True, default="")
    exclude = models.TextField(blank=True, default="")

    class Meta:
        verbose_name_plural = "folder details"

    def __str__(self) -> str:
        return f"{self.root}/{self.path}".rstrip("/")

    @property
    def shown_patterns(self) -> str:
        """The patterns that include, in one line."""
        return ", ".join(self.include.split("\n"))


class SourceItem(models.Model):
    """A file or page of a source as it was seen last, and the document made of it.

    ``path`` is below the folder, or the page's address. ``sha256`` is that of the document's stored bytes.
    ``owned``: the document came with this file and goes with it. ``changed_at`` is when the outcome began.
    Files have ``size`` and ``mtime_ns``. Pages have what their server said of this state (``etag``,
    ``last_modified``), how many links from a start they are (``depth``), how often in a row they were not
    found (``misses``), when they were fetched last, and the day that they name themselves.
    """

    class Outcome(models.TextChoices):
        NEW = "new", _("added")
        CHANGED = "changed", _("updated")
        UNCHANGED = "unchanged", _("unchanged")
        DUPLICATE = "duplicate", _("same content as another document")
        GONE = "gone", _("removed")
        DISALLOWED = "disallowed", _("not allowed by the site")
        BLOCKED = "blocked", _("address refused")
        FAILED = "failed", _("failed")

    source = models.ForeignKey(Source, models.CASCADE, related_name="items")
    path = models.CharField(max_length=1000)
    size = models.PositiveBigIntegerField(default=0)
    mtime_ns = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    etag = models.CharField(max_length=300, blank=True, default="")
    last_modified = models.CharField(max_length=60, blank=True, default="")
    depth = models.PositiveSmallIntegerField(default=0)
    misses = models.PositiveSmallIntegerField(default=0)
    fetched_at = models.DateTimeField(null=True, blank=True)
    published_on = models.DateField(null=True, blank=True)
    document = models.ForeignKey(
        "ingestion.Document", models.SET_NULL, null=True, blank=True, related_name="source_items"
    )
    owned = models.BooleanField(default=False)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.TextField(blank=True, default="")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("path",)
        constraints = (models.UniqueConstraint(fields=["source", "path"], name="one_item_a_path"),)
        indexes = (models.Index(fields=["source", "outcome"], name="items_by_outcome"),)

    def __str__(self) -> str:
        return self.path
