"""Writes of prompt templates."""

from collections.abc import Iterable

from django.db import transaction

from accounts.models import User
from chat.models import CollectionTemplate, PromptTemplate
from ingestion.models import Collection


@transaction.atomic
def save_template(
    *, template: PromptTemplate, collections: Iterable[Collection], by: User | None = None
) -> PromptTemplate:
    """Saves a new or changed template; ``by`` made a new one. It counts from the next answer on.

    Afterwards exactly ``collections`` have it. One that had another template gets this one instead.
    """
    if template._state.adding:
        template.created_by = by
    template.save()
    chosen = list(collections)
    template.of_collections.exclude(collection__in=chosen).delete()
    for collection in chosen:
        CollectionTemplate.objects.update_or_create(collection=collection, defaults={"template": template})
    return template


def delete_template(*, template: PromptTemplate) -> None:
    """Conversations and collections that chose it have none from then on."""
    template.delete()
