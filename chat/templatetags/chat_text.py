"""Filters of the chat templates."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from chat import cited, failures, freshness, memory
from chat.models import Message
from chat.rendering import answer_html as as_html

register = template.Library()


@register.filter
def answer_html(message: Message) -> SafeString:
    return as_html(message)


@register.filter
def cited_now(message: Message) -> list[dict[str, Any]]:
    """The sources, with their live pages and whether they changed since."""
    return freshness.cited_now(message)


@register.filter
def failure_details(message: Message) -> list[str]:
    """What only an administrator reads of models that failed."""
    return failures.details(message)


@register.filter
def memory_words(message: Message) -> str:
    """What of the conversation the model did not read; "" where it read everything."""
    return memory.memory_words(message.history)


@register.filter
def quoted_url(citation: Mapping[str, Any]) -> str:
    return cited.url(citation)


@register.filter
def quoted_at(citation: Mapping[str, Any]) -> str:
    return cited.place(citation)


@register.filter
def price(usage: Mapping[str, Any]) -> str:
    """What an answer cost, with two digits that count; "" where the endpoint has no price.

    What rests on an estimate of the tokens is told as such.
    """
    try:
        cost = Decimal(str(usage.get("cost", "")))
    except InvalidOperation:
        return ""
    if not cost.is_finite():
        return ""
    places = max(2, 1 - cost.adjusted()) if cost else 2
    shown = f"{cost:.{places}f} {usage.get('currency', '')}".strip()
    return _("about %(price)s") % {"price": shown} if usage.get("estimated") else shown
