"""The day of a document: what it says itself, or else when it was added or replaced."""

from collections.abc import Mapping
from datetime import date, timedelta
from email.utils import parsedate_to_datetime

from django.utils import timezone

from ingestion.models import Document

_EARLIEST = date(1900, 1, 1)
# When a mail was sent; else when a file was saved last, or made.
_KEYS = ("date", "modified", "created")


def own_day(meta: Mapping[str, object]) -> date | None:
    """The day that a file names in its ``meta``; ``None`` where there is none that can be true."""
    for key in _KEYS:
        day = _day(str(meta.get(key, "")))
        if day and _EARLIEST <= day <= timezone.localdate() + timedelta(days=1):
            return day
    return None


def _day(text: str) -> date | None:
    """ISO 8601, or as mails have it (RFC 5322)."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text).date()
    except ValueError:
        return None


def day_of(document: Document) -> date:
    """The day that a search sorts by and shows."""
    return document.dated_on or timezone.localdate(document.finished_at or document.updated_at)
