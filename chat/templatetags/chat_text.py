"""Filters of the chat templates."""

from django import template
from django.utils.safestring import SafeString

from chat.models import Message
from chat.rendering import answer_html as as_html

register = template.Library()


@register.filter
def answer_html(message: Message) -> SafeString:
    return as_html(message)
