"""Widgets, and which conversations were had through them."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.widget.limits import DAILY, VISITOR
from ingestion.models import Collection

ACCENT = "#14597a"
KEEP_DAYS = 30


class Widget(models.Model):
    """A pop-up on the websites ``origins``. ``account`` owns its conversations and reads its collection;
    nobody can sign in with it. ``language`` is empty where the page and the browser decide."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="widgets")
    account = models.OneToOneField(User, models.CASCADE, related_name="widget")
    name = models.CharField(_("Name"), max_length=60)
    origins = models.JSONField(default=list)
    greeting = models.TextField(max_length=400, blank=True, default="")
    questions = models.JSONField(default=list, blank=True)
    contact = models.CharField(max_length=200, blank=True, default="")
    language = models.CharField(max_length=10, blank=True, default="")
    accent = models.CharField(max_length=7, default=ACCENT)
    model = models.CharField(max_length=60, blank=True, default="")
    visitor_limit = models.PositiveIntegerField(default=VISITOR)
    daily_limit = models.PositiveIntegerField(default=DAILY)
    keep_days = models.PositiveSmallIntegerField(default=KEEP_DAYS)
    is_on = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name", "created_at")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("collection-widget", args=[self.collection.slug, self.pk])


class WidgetTalk(models.Model):
    """A conversation that a visitor had on a page of ``origin``. Who ``visitor`` is, their browser alone
    knows."""

    conversation = models.OneToOneField(
        "chat.Conversation", models.CASCADE, primary_key=True, related_name="widget_talk"
    )
    widget = models.ForeignKey(Widget, models.CASCADE, related_name="talks")
    visitor = models.CharField(max_length=32)
    origin = models.CharField(max_length=300)
    is_preview = models.BooleanField(default=False)

    class Meta:
        indexes = (models.Index(fields=["widget", "visitor"], name="talks_of_visitor"),)

    def __str__(self) -> str:
        return f"{self.widget}: {self.conversation_id}"


@receiver(post_delete, sender=Widget, dispatch_uid="account-of-widget")
def _without_account(instance: Widget, **_more: Any) -> None:
    """A widget that goes, also with its collection, takes its account and so its conversations along."""
    User.objects.filter(pk=instance.account_id, is_service=True).delete()
