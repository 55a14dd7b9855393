"""What is by hand among the passages of a document, in its reading view."""

from typing import Any

from django import template

from ingestion.models import Chunk, Document
from ingestion.passage_selectors import passage_rows, unplaced
from ingestion.views.reading_page import Part

register = template.Library()


@register.inclusion_tag("ingestion/_passages_by_hand.html", takes_context=True)
def passages_by_hand(context: dict[str, Any], document: Document, part: Part) -> dict[str, Any]:
    """For editors: the passages of the part that is shown, what can be done, and edits without a place."""
    shown = part.parts[part.number - 1]
    return {
        "document": document,
        "rows": passage_rows(document, shown.start, shown.end - 1 if part.number < part.count else None),
        "unplaced": unplaced(document),
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag
def edited_passage(document: Document, chunk_id: str) -> Chunk | None:
    """The passage with this id where it is by hand."""
    by_hand = Chunk.objects.filter(document=document, edit__isnull=False).select_related("edit__by")
    return by_hand.filter(pk=chunk_id).first()
