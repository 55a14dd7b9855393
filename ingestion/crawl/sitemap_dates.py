"""Dates in sitemaps and feeds: W3C's forms (a year is enough), and those of mail."""

import email.utils
import re
from datetime import UTC, datetime

# Earlier ones are the zero of somebody's clock.
_FIRST_YEAR = 1990
_MONTH = re.compile(r"(\d{4})(?:-(\d{2}))?")
_LONGEST = 64


def read_date(text: str) -> datetime | None:
    """In UTC, which is also taken where none is said; ``None`` for what is no date of the web's time."""
    text = text.strip()[:_LONGEST]
    try:
        found = _read(text)
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.year >= _FIRST_YEAR else None


def _read(text: str) -> datetime:
    if month := _MONTH.fullmatch(text):
        return datetime(int(month[1]), int(month[2] or 1), 1)
    if text[:4].isdigit() and text[4:5] == "-":
        return datetime.fromisoformat(text)
    return email.utils.parsedate_to_datetime(text)
