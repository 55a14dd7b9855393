"""Sources in pages."""

from collections.abc import Mapping
from typing import Any

from django import template

from ingestion import schedules
from ingestion.crawl.addresses import display
from ingestion.extract.kinds import WEB_PAGE
from ingestion.models import Document, Source
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
def is_web_page(document: Document) -> bool:
    """Whether its file is the text of a page, as a crawl stored it."""
    return document.mime == WEB_PAGE


@register.filter
def of(things: Mapping[Any, Any], key: object) -> object:
    """What belongs to ``key``, "" where there is nothing."""
    return things.get(key, "")
