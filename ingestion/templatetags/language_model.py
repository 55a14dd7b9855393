"""Which language model answers, for the settings page."""

from django import template
from django.utils.translation import gettext as _

from llm import endpoints
from llm.types import Description

register = template.Library()


@register.simple_tag
def language_model() -> Description:
    """What the default back end says of itself; never its key."""
    return endpoints.line_up()[0].describe()


@register.filter
def backend_label(name: str) -> str:
    """A back end as people know it; one of somebody's own by its name."""
    known = {"extractive": _("Extractive answers"), "openai": _("OpenAI-compatible server")}
    return known.get(name, name)


@register.filter
def detail_label(key: str) -> str:
    """What a back end's own fact is called."""
    return {"base_url": _("Address of the server")}.get(key, key.replace("_", " "))
