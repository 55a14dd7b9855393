"""Golden sets: questions whose right passages are known, and what configurations found for them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class GoldenSet(models.Model):
    """Questions about one collection, each with where the right answer stands."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey("ingestion.Collection", models.CASCADE, related_name="golden_sets")
    name = models.CharField(max_length=80)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("created_at",)
        constraints = (
            models.UniqueConstraint(fields=["collection", "name"], name="one_golden_set_of_a_name"),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("golden-set", args=[self.id])


class GoldenQuestion(models.Model):
    """A question of a set. ``key`` is its id where it was imported, ``digest`` that of its folded text, by
    which the same question is known again. ``answers`` are gold answers, any of which is right."""

    golden_set = models.ForeignKey(GoldenSet, models.CASCADE, related_name="questions")
    text = models.TextField()
    digest = models.CharField(max_length=32, editable=False)
    key = models.CharField(max_length=200, blank=True, default="")
    is_answerable = models.BooleanField(default=True)
    answers = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=["golden_set", "digest"], name="one_golden_question_of_a_text"),
        )

    def __str__(self) -> str:
        return self.text[:60]


class GoldenJudgement(models.Model):
    """A document that answers a question, or the passage of it from ``start`` to ``end`` (offsets in its
    text), where ``quote`` stands; ``end`` is 0 where any passage of the document is right.

    Without a document it waits for one: ``named`` is how it was called, by an import or until it was deleted.
    """

    question = models.ForeignKey(GoldenQuestion, models.CASCADE, related_name="judgements")
    document = models.ForeignKey(
        "ingestion.Document", models.SET_NULL, null=True, blank=True, related_name="golden_judgements"
    )
    named = models.CharField(max_length=1000, blank=True, default="")
    start = models.PositiveIntegerField(default=0)
    end = models.PositiveIntegerField(default=0)
    quote = models.TextField(blank=True, default="")
    gain = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.named or str(self.document_id)


class GoldenRun(models.Model):
    """One configuration held against a set, in the background. The row is the queue entry, as documents are.

    ``config`` is a ``golden_config.Config``. ``trial`` is the hidden collection with the index that other
    passage lengths or another embedding model need, while it is there. ``measured`` says what was searched,
    and ``figures`` what came out.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        BUILDING = "building", _("building a trial index")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    golden_set = models.ForeignKey(GoldenSet, models.CASCADE, related_name="runs")
    label = models.CharField(max_length=120, blank=True, default="")
    config = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    error = models.TextField(blank=True, default="")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    figures = models.JSONField(default=dict, blank=True)
    measured = models.JSONField(default=dict, blank=True)
    trial = models.ForeignKey(
        "ingestion.Collection", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    claim = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-created_at",)
        indexes = (
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["queued", "building", "running"]),
                name="golden_runs_in_line",
            ),
        )

    def __str__(self) -> str:
        return self.label or str(self.id)

    @property
    def is_in_work(self) -> bool:
        return self.state in {self.State.QUEUED, self.State.BUILDING, self.State.RUNNING}

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0


class GoldenResult(models.Model):
    """What a run found for one question.

    ``rank`` is that of the first right passage, 0 where none was among the first ten. ``top`` are the
    passages found: document, start, end and title. ``judged_by`` is a digest of the question and its
    judgements, so that only like is compared with like.
    """

    run = models.ForeignKey(GoldenRun, models.CASCADE, related_name="results")
    question = models.ForeignKey(GoldenQuestion, models.CASCADE, related_name="results")
    judged_by = models.CharField(max_length=32)
    is_judged = models.BooleanField(default=True)
    rank = models.PositiveSmallIntegerField(default=0)
    scores = models.JSONField(default=dict)
    top = models.JSONField(default=list)
    took_ms = models.FloatField(default=0.0)
    refused = models.BooleanField(null=True, blank=True)
    answer_hit = models.BooleanField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["run", "question"], name="one_golden_result_a_question"),
        )

    def __str__(self) -> str:
        return f"{self.run_id} · {self.question_id}: {self.rank}"
