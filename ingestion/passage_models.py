"""Passages by hand: what editors change, switch off or add, kept apart from what the splitter makes."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PassageEdit(models.Model):
    """A wish of an editor about one document, which holds whatever cuts its text into passages later.

    It is about the range ``start`` to ``end`` of the document's text, where ``original`` stands between
    ``before`` and ``after``; by these the range is found again in a new text. ``text`` is what is searched
    and quoted in its place; an addition stands at ``start``, below ``original``. ``page`` and ``heading`` are
    those of an addition. Nothing is ever deleted: one that ended says who ended it and when.
    """

    class Kind(models.TextChoices):
        EDIT = "edit", _("edited")
        DISABLE = "disable", _("not searched")
        ADD = "add", _("added")

    class State(models.TextChoices):
        APPLIED = "applied", _("in force")
        UNPLACED = "unplaced", _("place not found")
        REPLACED = "replaced", _("changed again")
        UNDONE = "undone", _("undone")
        DISMISSED = "dismissed", _("given up")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey("ingestion.Document", models.CASCADE, related_name="passage_edits")
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.APPLIED)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    original = models.TextField(blank=True, default="")
    before = models.CharField(max_length=200, blank=True, default="")
    after = models.CharField(max_length=200, blank=True, default="")
    text = models.TextField(blank=True, default="")
    page = models.PositiveIntegerField(null=True, blank=True)
    heading = models.CharField(max_length=300, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("at", "pk")
        indexes = (models.Index(fields=["document", "state"], name="passage_edits_by_state"),)

    def __str__(self) -> str:
        return f"{self.document_id} · {self.kind}"
