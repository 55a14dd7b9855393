"""Verified answers and the questions that they are pinned to."""

import uuid

from django.conf import settings
from django.db import models

from ingestion.models import Collection


class VerifiedAnswer(models.Model):
    """An answer that an editor stands for, given first to who asks one of its questions.

    It belongs to ``collections``: only who may read them all gets it, in conversations that search them all.
    ``citations`` are as ``chat.models.Message`` keeps them, and ``text`` holds their numbers. A document that
    changed or went after ``verified_at`` flags it for review (``chat.verified.freshness``). ``updated_at``
    changes with everything that decides who gets it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collections = models.ManyToManyField(Collection, related_name="verified_answers")
    text = models.TextField()
    citations = models.JSONField(default=list)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="verified_answers"
    )
    verified_at = models.DateTimeField()
    given_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        ordering = ("-verified_at", "id")

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def question(self) -> str:
        """The first one."""
        return self.phrasings[0] if self.phrasings else ""

    @property
    def phrasings(self) -> list[str]:
        return [each.text for each in self.questions.all()]


class VerifiedQuestion(models.Model):
    """A question in one wording. ``vector`` (float32) is of the embedding model ``fingerprint``; both are
    empty until somebody asks."""

    verified = models.ForeignKey(VerifiedAnswer, models.CASCADE, related_name="questions")
    place = models.PositiveSmallIntegerField()
    text = models.TextField()
    vector = models.BinaryField(default=b"", editable=False)
    fingerprint = models.CharField(max_length=120, blank=True, default="", editable=False)

    class Meta:
        ordering = ("verified_id", "place")
        constraints = (
            models.UniqueConstraint(fields=["verified", "place"], name="one_verified_question_each_place"),
        )

    def __str__(self) -> str:
        return self.text[:60]
