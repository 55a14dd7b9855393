"""What was made of a document, a page or a pasted text: the truth also while it is being made."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.insights.kinds import Kind
from ingestion.models import Document


class Material(models.Model):
    """A pasted text, or a page of the web that is no document here. Only its owner sees it.

    The ``text`` of a page is empty until it was fetched; ``url`` is then the address it was found at.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="materials")
    title = models.CharField(max_length=300, blank=True, default="")
    url = models.CharField(max_length=2000, blank=True, default="")
    language = models.CharField(max_length=10, blank=True, default="")
    text = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    fetched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        indexes = (models.Index(fields=["owner", "-created_at"], name="materials_newest"),)

    def __str__(self) -> str:
        return self.title or self.url or str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("material", args=[self.pk])


class Insight(models.Model):
    """One result, of either a document or a material.

    ``parameters`` are what was chosen for it (``chat.insights.forms``), ``model`` is what wrote it and
    ``endpoint`` what was chosen to ("" for the default). ``citations`` and ``sentences`` are as those of a
    message. ``data`` holds what is no running text: the label of a sentiment, the parts of a translation, the
    documents that are related. ``digest`` is that of the text it was made of. ``attempt`` rises when it is
    made again: who writes does so only while it holds the number it began with.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("waiting")
        WORKING = "working", _("being written")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        STOPPED = "stopped", _("stopped")
        INTERRUPTED = "interrupted", _("interrupted")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="insights")
    document = models.ForeignKey(Document, models.CASCADE, null=True, blank=True, related_name="insights")
    material = models.ForeignKey(Material, models.CASCADE, null=True, blank=True, related_name="insights")
    kind = models.CharField(max_length=12, choices=Kind)
    parameters = models.JSONField(default=dict, blank=True)
    endpoint = models.CharField(max_length=60, blank=True, default="")
    status = models.CharField(max_length=12, choices=Status, default=Status.PENDING)
    attempt = models.PositiveSmallIntegerField(default=1)
    step = models.CharField(max_length=12, blank=True, default="")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    text = models.TextField(blank=True, default="")
    refused = models.BooleanField(default=False)
    citations = models.JSONField(default=list, blank=True)
    sentences = models.JSONField(default=list, blank=True)
    notes = models.JSONField(default=list, blank=True)
    data = models.JSONField(default=dict, blank=True)
    model = models.CharField(max_length=120, blank=True, default="")
    usage = models.JSONField(default=dict, blank=True)
    failures = models.JSONField(default=list, blank=True)
    error = models.TextField(blank=True, default="")
    error_code = models.CharField(max_length=40, blank=True, default="")
    digest = models.CharField(max_length=32, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    heartbeat_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(document__isnull=True) ^ Q(material__isnull=True), name="insight_of_one_thing"
            ),
        )
        indexes = (
            models.Index(fields=["document", "kind", "-created_at"], name="insights_of_document"),
            models.Index(fields=["material", "kind", "-created_at"], name="insights_of_material"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def get_absolute_url(self) -> str:
        home = "document-insights" if self.document_id else "material"
        address = reverse(home, args=[self.document_id or self.material_id])
        return f"{address}?kind={self.kind}#i{self.pk}"

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0


LIVE = (Insight.Status.PENDING, Insight.Status.WORKING)
