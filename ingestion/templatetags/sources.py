"""Sources in pages."""

from collections.abc import Mapping
from uuid import UUID

from django import template

from ingestion import schedules
from ingestion.crawl.addresses import display
from ingestion.models import Source
from ingestion.reasons import shown

register = template.Library()


@register.filter
def schedule(source: Source) -> str:
    """When a source is looked at."""
    return schedules.described(source)


@register.filter
def address(url: str) -> str:
    """An address of the web as people read it."""
    return display(url)


@register.filter
def reason(text: str) -> str:
    """A stored reason in the reader's language."""
    return shown(text)


@register.filter
def of(counts: Mapping[UUID, int], key: UUID) -> int:
    """The number that belongs to ``key``, 0 where there is none."""
    return counts.get(key, 0)
