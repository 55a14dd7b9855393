"""Verified answers in the chat."""

from datetime import datetime

from django import template
from django.utils.dateparse import parse_datetime

from chat.models import Message
from chat.verified import selectors

register = template.Library()


@register.filter
def may_verify(message: Message) -> bool:
    """As far as ``chat.verified.selectors.remember`` knows it."""
    return selectors.may_verify(message)


@register.filter
def moment(text: str) -> datetime | None:
    """What was stored as ISO 8601."""
    return parse_datetime(text)
