"""What the workers keep for themselves: builds of generations, the outbox, and the clocks of the lines."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DocumentBuild(models.Model):
    """One document on its way into a generation that is built beside the active one.

    It is claimed and leased as a document is. The counts are those of the new generation's chunks.
    """

    class Step(models.TextChoices):
        SPLIT = "split", _("splitting")
        INDEX = "index", _("indexing")
        DONE = "done", _("done")

    generation = models.ForeignKey("ingestion.Generation", models.CASCADE, related_name="builds")
    document = models.ForeignKey("ingestion.Document", models.CASCADE, related_name="builds")
    step = models.CharField(max_length=10, choices=Step, default=Step.SPLIT)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True)
    chunk_count = models.PositiveIntegerField(default=0)
    indexed_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["generation", "document"], name="one_build_a_document"),
        )
        indexes = (models.Index(fields=["generation", "step"], name="builds_by_step"),)

    def __str__(self) -> str:
        return f"{self.document_id} · {self.step}"


class Turn(models.Model):
    """The clock of a line: the turn of what was served last (see ``ingestion.fairness``)."""

    line = models.CharField(max_length=10, primary_key=True)
    value = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.line}: {self.value}"


class Removal(models.Model):
    """The outbox of ids that must leave an index, written in the transaction that drops them.

    ``ids`` empty means the whole index goes.
    """

    index_id = models.CharField(max_length=32)
    ids = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.index_id}: {len(self.ids) or 'all'}"
