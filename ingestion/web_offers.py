"""What was typed into the search box may be the address of a page that is not here yet."""

import re
from dataclasses import dataclass

from accounts.roles import Action
from ingestion import access
from ingestion.access import Person
from ingestion.models import Collection, SourceItem
from ingestion.web_sources import BadAddress, checked_starts

# With a scheme, or a name with a dot whose last part is letters, and a path, or "www." before it.
_ADDRESS = re.compile(
    r"(?:https?://\S+|www\.\S+\.\S+|[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}(?::\d+)?/\S*)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A page that may be added to one of ``collections``. ``problem``: why its address cannot be asked.
    ``known`` are documents that it is already, of other collections that the person may edit."""

    url: str
    collections: list[Collection]
    problem: str = ""
    known: tuple[SourceItem, ...] = ()


def offer(user: Person, query: str) -> Offer | None:
    """``None`` for what is no address, and for people who may not add anything."""
    text = query.strip()
    if len(text) > 1000 or not _ADDRESS.fullmatch(text):
        return None
    editable = list(access.collections_for(user, Action.EDIT).order_by("name"))
    if not editable:
        return None
    try:
        url = checked_starts(text)[0]
    except BadAddress as error:
        return Offer(text, editable, problem=str(error))
    here = SourceItem.objects.filter(
        path=url, document__isnull=False, source__collection__in=[item.pk for item in editable]
    ).select_related("document__collection")
    known = tuple(here[:5])
    have = {item.document.collection_id for item in known if item.document}
    return Offer(url, [item for item in editable if item.pk not in have], known=known)
