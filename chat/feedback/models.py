"""Feedback on answers, each with a snapshot of what it is about.

The snapshot stays when the conversation is deleted, which the page says where feedback is given; who gave
it can withdraw it at any time, and it goes with their account.
"""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from ingestion.models import Collection

_SCORE = (MinValueValidator(1), MaxValueValidator(5))


class Feedback(models.Model):
    """What ``by`` said of one answer. ``answer_id`` and ``attempt`` name it, also when it is gone.

    ``reasons`` are codes of ``chat.feedback.reasons``. ``shown`` is the answer as
    ``chat.feedback.snapshots`` keeps it; ``question``, ``answer`` and ``model`` of it stand in columns too,
    so that they can be searched.
    """

    class Thumb(models.TextChoices):
        UP = "up", _("Good answer")
        DOWN = "down", _("Bad answer")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="feedback")
    message = models.ForeignKey("chat.Message", models.SET_NULL, null=True, related_name="feedback")
    answer_id = models.UUIDField()
    attempt = models.PositiveSmallIntegerField(default=1)
    collections = models.ManyToManyField(Collection, related_name="feedback")
    thumb = models.CharField(max_length=4, choices=Thumb)
    reasons = models.JSONField(default=list, blank=True)
    comment = models.TextField(blank=True, default="")
    accuracy = models.PositiveSmallIntegerField(_("Factual accuracy"), null=True, validators=_SCORE)
    ethics = models.PositiveSmallIntegerField(_("Ethical soundness"), null=True, validators=_SCORE)
    satisfaction = models.PositiveSmallIntegerField(_("Satisfaction"), null=True, validators=_SCORE)
    better_answer = models.TextField(blank=True, default="")
    question = models.TextField()
    answer = models.TextField()
    model = models.CharField(max_length=120, blank=True, default="")
    shown = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["by", "answer_id", "attempt"], name="one_feedback_of_each_on_an_answer"
            ),
        )
        indexes = (models.Index(fields=["-created_at"], name="feedback_newest"),)

    def __str__(self) -> str:
        return f"{self.thumb}: {self.question[:60]}"


class Comparison(models.Model):
    """Which one of two answers to the same question ``by`` found better. Both are snapshots."""

    class Chosen(models.TextChoices):
        FIRST = "first", _("The first")
        SECOND = "second", _("The second")
        NEITHER = "neither", _("Neither")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="comparisons")
    message = models.ForeignKey("chat.Message", models.SET_NULL, null=True, related_name="comparisons")
    pair = models.CharField(max_length=100)
    collections = models.ManyToManyField(Collection, related_name="comparisons")
    chosen = models.CharField(max_length=7, choices=Chosen)
    comment = models.TextField(blank=True, default="")
    question = models.TextField()
    first = models.JSONField(default=dict)
    second = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (models.UniqueConstraint(fields=["by", "pair"], name="one_choice_of_each_in_a_pair"),)
        indexes = (models.Index(fields=["-created_at"], name="comparisons_newest"),)

    def __str__(self) -> str:
        return f"{self.chosen}: {self.question[:60]}"
