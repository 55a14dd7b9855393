"""Filters of the pages of insights."""

from django import template

from chat.insights.instructions import LANGUAGES

register = template.Library()


@register.filter
def language_name(code: str) -> str:
    """In the language itself."""
    return LANGUAGES.get(code, code)
