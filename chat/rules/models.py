"""The rules of the site, as administrators keep them."""

from django.conf import settings
from django.db import models
from django.urls import reverse

from chat.rules.kinds import KINDS
from ingestion.models import Collection


class Rule(models.Model):
    """One rule of a kind of ``chat.rules.kinds``, which also reads its ``options``.

    ``position`` orders the rules of one stage. With ``is_everywhere`` it counts for every conversation, else
    for those that search one of ``collections``. ``trouble`` is the pattern that was too slow, for which
    the site itself switched it off; one that masks personal data stays in use.
    """

    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=80, blank=True, default="")
    options = models.JSONField(default=dict, blank=True)
    position = models.PositiveIntegerField(default=0)
    is_enabled = models.BooleanField(default=True)
    is_everywhere = models.BooleanField(default=True)
    collections = models.ManyToManyField(Collection, blank=True, related_name="+")
    trouble = models.CharField(max_length=300, blank=True, default="")
    trouble_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name or self.kind

    def get_absolute_url(self) -> str:
        return reverse("rule", args=[self.pk])

    @property
    def title(self) -> str:
        """The name, or else the kind's in the active language."""
        return self.name or str(KINDS[self.kind].title)
