"""What searching keeps in the database: the beginnings of titles, and searches that people saved."""

from django.conf import settings
from django.db import models
from django.http import QueryDict


class TitleKey(models.Model):
    """A word of a ready document's title or name, or in scripts without spaces all that follows a
    character, so that titles are found by the beginnings of their words.

    ``key`` is the folded word in UTF-8, cut to ``KEY_BYTES``: bytes are ordered alike in every database.
    """

    KEY_BYTES = 24

    document = models.ForeignKey("ingestion.Document", models.CASCADE, related_name="title_keys")
    collection = models.ForeignKey("ingestion.Collection", models.CASCADE, related_name="+")
    key = models.BinaryField(max_length=KEY_BYTES)

    class Meta:
        indexes = (models.Index(fields=["collection", "key"], name="titles_by_beginning"),)

    def __str__(self) -> str:
        return bytes(self.key).decode(errors="replace")


class SavedSearch(models.Model):
    """A search that a person comes back to: ``query`` is the query string of the search page."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=80)
    query = models.TextField(max_length=4000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["user", "name"], name="saved_searches_by_name"),)

    def __str__(self) -> str:
        return self.name

    @property
    def words(self) -> str:
        """What is searched for, without the filters beside it."""
        return QueryDict(self.query).get("q", "")
