"""Every version of a prompt template, the newest included."""

from django.conf import settings
from django.db import models


class PromptVersion(models.Model):
    """What was saved; ``restored`` is the number of the version that it brought back."""

    template = models.ForeignKey("chat.PromptTemplate", models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    text = models.TextField()
    description = models.CharField(max_length=200, blank=True, default="")
    language = models.CharField(max_length=7, blank=True, default="")
    inputs = models.JSONField(default=dict, blank=True)
    query = models.CharField(max_length=200, blank=True, default="")
    restored = models.PositiveIntegerField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "chat"
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=["template", "number"], name="one_prompt_of_a_number"),)

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
