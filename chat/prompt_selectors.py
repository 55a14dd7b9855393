"""Reads of the prompt templates that say how answers are written."""

from collections.abc import Sequence

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from chat.models import CollectionTemplate, Conversation, PromptTemplate
from ingestion.models import Collection


def all_templates() -> QuerySet[PromptTemplate]:
    """The instructions for answers, which everybody who is signed in may choose from, by name."""
    return PromptTemplate.objects.filter(kind=PromptTemplate.Kind.ANSWERS)


def get_template(template_id: int) -> PromptTemplate:
    """Instructions for answers. Raises ``Http404``."""
    return get_object_or_404(all_templates(), pk=template_id)


def template_of(conversation: Conversation, collections: Sequence[Collection]) -> PromptTemplate | None:
    """The conversation's own choice, else what all ``collections`` agree on, else none."""
    if conversation.template is not None:
        return conversation.template
    chosen = CollectionTemplate.objects.filter(collection__in=collections).select_related("template")
    templates = [row.template for row in chosen]
    agree = len(templates) == len(collections) and len({template.pk for template in templates}) == 1
    return templates[0] if agree else None
