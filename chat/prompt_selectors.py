"""Reads of prompt templates."""

from collections.abc import Sequence

from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404

from chat.models import CollectionTemplate, Conversation, PromptTemplate
from ingestion.models import Collection


def all_templates() -> QuerySet[PromptTemplate]:
    """The instructions for answers, which everybody who is signed in may choose from, by name."""
    return PromptTemplate.objects.filter(kind=PromptTemplate.Kind.ANSWERS)


def counted_templates() -> list[PromptTemplate]:
    """With ``collection_count`` and ``conversation_count``, those that have chosen it."""
    return list(
        PromptTemplate.objects.annotate(
            collection_count=Count("of_collections", distinct=True),
            conversation_count=Count("conversations", distinct=True),
        )
    )


def get_template(template_id: int) -> PromptTemplate:
    """Raises ``Http404``."""
    return get_object_or_404(PromptTemplate, pk=template_id)


def template_of(conversation: Conversation, collections: Sequence[Collection]) -> PromptTemplate | None:
    """The conversation's own choice, else what all ``collections`` agree on, else none."""
    if conversation.template is not None:
        return conversation.template
    chosen = CollectionTemplate.objects.filter(collection__in=collections).select_related("template")
    templates = [row.template for row in chosen]
    agree = len(templates) == len(collections) and len({template.pk for template in templates}) == 1
    return templates[0] if agree else None
