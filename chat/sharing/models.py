"""A link to a conversation as it was when the link was made."""

import secrets
from typing import Literal

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from chat.models import Conversation, Message


def new_token() -> str:
    """192 random bits, as an address can hold them."""
    return secrets.token_urlsafe(24)


class SharedLink(models.Model):
    """Shows the branch that ends with the answer ``until``, to whoever has the address, under the ``title``
    that the conversation had.

    ``expires_at`` is empty where the link holds until it is withdrawn. A link outlives its conversation, to
    say that there is nothing any more.
    """

    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="shared_links")
    title = models.CharField(max_length=120, blank=True, default="")
    conversation = models.ForeignKey(Conversation, models.SET_NULL, null=True, related_name="shared_links")
    until = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return f"{self.conversation_id}: {self.created_at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        return reverse("chat-shared", args=[self.token])

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def state(self) -> Literal["open", "expired", "withdrawn", "deleted"]:
        """What somebody shared whose account is closed counts as withdrawn."""
        if self.withdrawn_at or not self.owner.is_active:
            return "withdrawn"
        if self.until_id is None:
            return "deleted"
        return "expired" if self.is_expired else "open"

    @property
    def is_open(self) -> bool:
        return self.state == "open"
