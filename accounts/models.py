"""People, their keys and the one-time link that makes the first administrator."""

import uuid
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Theme(models.TextChoices):
    AUTO = "auto", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class User(AbstractUser):
    """A person. ``is_superuser`` marks an administrator, who may manage every collection; ``is_service`` an
    account of the site's own, such as a widget's, which nobody signs in with."""

    is_service = models.BooleanField(default=False, editable=False)
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.AUTO)
    language = models.CharField(max_length=10, blank=True, default="")

    @property
    def shown_name(self) -> str:
        return self.get_full_name() or self.username


class ApiKey(models.Model):
    """A key for programs. Only its SHA-256 is stored; ``prefix`` tells keys apart on the page."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class SetupToken(models.Model):
    """The link that sets the administrator's password. Gone once used."""

    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"made {self.created_at:%Y-%m-%d %H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A newer link makes the older ones useless."""
        type(self).objects.exclude(digest=self.digest).delete()
        super().save(*args, **kwargs)
