"""What a file says of itself, and how long things took, in the reader's words."""

from datetime import datetime

from django import template
from django.utils.formats import date_format
from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ingestion import selectors
from ingestion.models import Document
from ingestion.page_labels import NAMED, page_name
from ingestion.templatetags.passages import language_label

register = template.Library()

_LABELS = {
    "from": gettext_noop("From"),
    "to": gettext_noop("To"),
    "cc": gettext_noop("Copy to"),
    "date": gettext_noop("Sent"),
    "author": gettext_noop("Author"),
    "subject": gettext_noop("Subject"),
    "keywords": gettext_noop("Keywords"),
    "created": gettext_noop("Created"),
    "modified": gettext_noop("Changed"),
    "publisher": gettext_noop("Publisher"),
    "producer": gettext_noop("Made with"),
    "language": gettext_noop("Language it states"),
}
_TIMES = {"created", "modified", "date"}


@register.filter
def said_by_file(document: Document) -> list[tuple[str, str]]:
    """Labels and values of ``document.meta`` in their order."""
    known = document.meta if isinstance(document.meta, dict) else {}
    return [(_(label), _shown(key, str(known[key]))) for key, label in _LABELS.items() if known.get(key)]


def _shown(key: str, value: str) -> str:
    if key == "language":
        return language_label(value.lower())
    return _time(value) if key in _TIMES else value


def _time(text: str) -> str:
    """An ISO 8601 time in the reader's format; anything else as it is."""
    try:
        moment = datetime.fromisoformat(text[:26] if "." in text else text)
    except ValueError:
        return text
    return date_format(localtime(moment) if is_aware(moment) else moment, "DATETIME_FORMAT")


@register.filter
def page_called(document: Document, number: int) -> str:
    """What people call the page: slide 3, a sheet by its name. One query for a document at most."""
    known = vars(document)
    if document.mime in NAMED and "page_labels" not in known:
        known["page_labels"] = selectors.page_labels(document)
    return page_name(document.mime, number, known.get("page_labels", {}).get(number, ""))


@register.filter
def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 60:
        return _("%(seconds)s s") % {"seconds": f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}"}
    minutes, rest = divmod(round(seconds), 60)
    return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
