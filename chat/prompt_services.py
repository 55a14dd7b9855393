"""Writes of prompt templates."""

from collections.abc import Iterable

from django.db import transaction

from accounts.models import User
from chat.models import CollectionTemplate, PromptTemplate
from chat.prompt_library import versions
from ingestion.models import Collection


@transaction.atomic
def save_template(
    *, template: PromptTemplate, collections: Iterable[Collection], by: User | None = None
) -> PromptTemplate:
    """Saves instructions for answers as a version by ``by``. They count from the next answer on.

    Afterwards exactly ``collections`` have it. One that had another template gets this one instead.
    """
    versions.save(template=template, by=by)
    chosen = list(collections)
    template.of_collections.exclude(collection__in=chosen).delete()
    for collection in chosen:
        CollectionTemplate.objects.update_or_create(collection=collection, defaults={"template": template})
    return template


def delete_template(*, template: PromptTemplate) -> None:
    """Conversations and collections that chose it have none from then on."""
    template.delete()
