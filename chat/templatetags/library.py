"""Filters of the list of conversations."""

from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString

from chat.library import snippets

register = template.Library()


@register.filter
def marked_words(text: str, words: Sequence[str]) -> SafeString:
    return snippets.marked(text, words or ())
