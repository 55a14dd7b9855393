"""What is noted of a person's reading, bounded, and what they subscribed to. Nobody else sees it."""

from django.conf import settings
from django.db import models


class Reader(models.Model):
    """``is_on`` is the person's own choice; there is no row before something is noted, or chosen.

    ``here_at`` is when they were last seen in the visit that lasts, ``before`` the end of the one before.
    What is older than ``cleared_at`` is not noted any more.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="reader"
    )
    is_on = models.BooleanField(default=True)
    here_at = models.DateTimeField(null=True, blank=True)
    before = models.DateTimeField(null=True, blank=True)
    cleared_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user}"


class ReadDocument(models.Model):
    """A document that somebody opened, and when last."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    document = models.ForeignKey("ingestion.Document", models.CASCADE, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "document"], name="read_documents_once"),)
        indexes = (models.Index(fields=["user", "-noted_at"], name="read_documents_newest"),)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.document_id}"


class ReadSearch(models.Model):
    """What somebody searched for and found something, and when last."""

    WORDS = 200

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    words = models.CharField(max_length=WORDS)
    noted_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "words"], name="read_searches_once"),)
        indexes = (models.Index(fields=["user", "-noted_at"], name="read_searches_newest"),)

    def __str__(self) -> str:
        return self.words


class Subscription(models.Model):
    """Somebody wants to hear of what is new in a collection."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="subscriptions")
    collection = models.ForeignKey("ingestion.Collection", models.CASCADE, related_name="subscriptions")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "collection"], name="subscribed_once"),)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.collection_id}"
