"""What people call a place in a document: page 3, slide 3, a sheet by its name."""

from django.utils.translation import gettext as _

from ingestion.extract import kinds

_SLIDES = frozenset({kinds.PPTX, kinds.PPT, kinds.ODP})
_SHEETS = frozenset({kinds.XLSX, kinds.XLS, kinds.XLSB, kinds.ODS})
NAMED = _SLIDES | _SHEETS


def page_name(mime: str, number: int | None, label: str = "") -> str:
    """Short, for a hit or a citation; "" where a document has no pages."""
    if mime in _SHEETS and label:
        return label
    if number is None:
        return label
    if mime in _SLIDES:
        return _("Slide %(number)d") % {"number": number}
    return _("Page %(number)d") % {"number": number}


def place_name(mime: str, number: int | None, label: str = "") -> str:
    """As ``page_name``, with the slide's title or the page's own label, for a list of places."""
    name = page_name(mime, number, label)
    return f"{name} · {label}" if label and label != name else name
