"""Whether a person follows a collection."""

from typing import Any

from django import template

from ingestion.models import Collection
from ingestion.recommend import selectors

register = template.Library()


@register.simple_tag(takes_context=True)
def follows(context: template.Context, collection: Collection) -> bool:
    user: Any = getattr(context.get("request"), "user", None)
    return user is not None and selectors.is_subscribed(user, collection)
