"""Which language model answers, for the settings page."""

from django import template

from llm import registry
from llm.types import Description

register = template.Library()


@register.simple_tag
def language_model() -> Description:
    """What the default back end says of itself; never its key."""
    return registry.backend().describe()
