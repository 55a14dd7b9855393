"""What people and time add to documents: tags, and the history of each."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Tag(models.Model):
    """A word that editors put on documents of one collection; its spelling is kept, its case tells nothing
    apart."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey("ingestion.Collection", models.CASCADE, related_name="tags")
    name = models.CharField(max_length=40)
    folded = models.CharField(max_length=80, editable=False)
    documents = models.ManyToManyField("ingestion.Document", related_name="tags", blank=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["collection", "folded"], name="one_tag_a_name"),)

    def __str__(self) -> str:
        return self.name


class DocumentEvent(models.Model):
    """Something that happened to a document, written in the transaction in which it happened.

    ``seconds`` is how long that took, ``reason`` why it failed (English, translatable), ``by`` who did it.
    """

    class Kind(models.TextChoices):
        ADDED = "added", _("added")
        READ = "read", _("read")
        READY = "ready", _("ready to search")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        RETRIED = "retried", _("queued again")
        REPLACED = "replaced", _("replaced by a newer version")
        EDITED = "edited", _("passages edited")

    document = models.ForeignKey("ingestion.Document", models.CASCADE, related_name="events")
    run = models.ForeignKey("ingestion.Run", models.SET_NULL, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    seconds = models.FloatField(null=True, blank=True)
    reason = models.TextField(blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.document_id} · {self.kind}"
