"""Language models on pages: which one answers, and what its kind is called."""

from django import template

from llm import endpoints, forms
from llm.models import Endpoint

register = template.Library()


@register.simple_tag
def default_model() -> Endpoint | None:
    """The endpoint that answers where nothing else is chosen; ``None`` for quotes without a model."""
    return endpoints.default()


@register.filter
def kind_title(name: str) -> str:
    """A kind as people know it."""
    return forms.kind_title(name)


@register.filter
def resting(endpoint: Endpoint) -> int:
    """Whole seconds for which a failing endpoint is left alone; 0 where it is not."""
    return round(endpoints.resting_s(endpoint))
