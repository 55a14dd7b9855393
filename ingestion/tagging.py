"""Tags: put on documents and taken off by editors; one that no document has is gone."""

import re
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from ingestion.errors import BadCollection
from ingestion.models import Collection, Document, Tag

LONGEST = 40
_SEPARATORS = re.compile(r"[,，、;；\n]+")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e]")


def folded(name: str) -> str:
    """What makes two spellings the same tag."""
    return " ".join(name.split()).casefold()[:80]


def names_in(text: str) -> list[str]:
    """The tags that somebody typed, apart by commas; each once. Raises ``BadCollection`` where one is too
    long or there is none."""
    typed = (" ".join(_UNSEEN.sub(" ", part).split()).lstrip("#") for part in _SEPARATORS.split(text))
    names = list({folded(name): name for name in typed if name}.values())
    if not names:
        raise BadCollection(_("Type a tag first."), code="tag")
    if any(len(name) > LONGEST for name in names):
        raise BadCollection(
            _("A tag has %(limit)d characters at the most. Choose a shorter one.") % {"limit": LONGEST},
            code="tag",
        )
    return names


@transaction.atomic
def add_tags(*, collection: Collection, documents: Iterable[Document], names: Sequence[str]) -> int:
    """Puts every tag on every document; those of other collections are left alone. Returns how many
    documents there were."""
    own = [document for document in documents if document.collection_id == collection.pk]
    for name in names if own else ():
        tag, _made = Tag.objects.get_or_create(
            collection=collection, folded=folded(name), defaults={"name": name}
        )
        tag.documents.add(*own)
    return len(own)


@transaction.atomic
def remove_tag(*, document: Document, name: str) -> None:
    """Takes the tag off; it is fine if it is not there."""
    for tag in Tag.objects.filter(collection=document.collection_id, folded=folded(name)):
        tag.documents.remove(document)
        if not tag.documents.exists():
            tag.delete()


def tags_of(collections: Iterable[Collection], limit: int = 100) -> list[str]:
    """The tags in use in these collections, those of most documents first, each spelling once."""
    tags: QuerySet[Tag] = Tag.objects.filter(collection__in=list(collections))
    used = tags.annotate(uses=Count("documents")).filter(uses__gt=0).order_by("-uses", "name")
    return list({tag.folded: tag.name for tag in used[:limit]}.values())
