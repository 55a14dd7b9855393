"""Searches that a person comes back to: the address of the search page under a name, for that person only."""

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import User
from ingestion.access import Person
from ingestion.errors import BadQuery
from ingestion.models import SavedSearch

MOST = 50
_PARAMETERS = ("q", "c", "type", "tag", "site", "after", "before", "doc", "mode", "sort")
_NAME, _QUERY = 80, 4000


def saved_by(user: Person) -> QuerySet[SavedSearch]:
    """By name; none for a visitor."""
    return SavedSearch.objects.filter(user=user) if user.is_authenticated else SavedSearch.objects.none()


def save_search(*, user: User, name: str, query: str) -> SavedSearch:
    """Keeps the query string ``query``, without what is no part of a search; one of the same name is
    replaced. Raises ``BadQuery``."""
    typed, kept = QueryDict(query), QueryDict(mutable=True)
    for key in _PARAMETERS:
        values = [value for value in typed.getlist(key) if value.strip()]
        if values:
            kept.setlist(key, values)
    if not kept.get("q"):
        raise BadQuery(_("Search for something first, then save it."))
    if len(kept.urlencode()) > _QUERY:
        raise BadQuery(_("This search is too long to be saved."))
    name = _checked(name) or " ".join(str(kept["q"]).split())[:_NAME]
    own = SavedSearch.objects.filter(user=user)
    if own.exclude(name=name).count() >= MOST:
        raise BadQuery(_("You have %(limit)d saved searches. Delete one first.") % {"limit": MOST})
    saved, _created = own.update_or_create(user=user, name=name, defaults={"query": kept.urlencode()})
    return saved


def rename_search(*, saved: SavedSearch, name: str) -> SavedSearch:
    """Raises ``BadQuery`` where there is no name, or another search has it."""
    name = _checked(name)
    if not name:
        raise BadQuery(_("Give the search a name."))
    if SavedSearch.objects.filter(user=saved.user_id, name=name).exclude(pk=saved.pk).exists():
        raise BadQuery(_("You have another saved search named “%(name)s”.") % {"name": name})
    saved.name = name
    saved.save(update_fields=["name"])
    return saved


def delete_search(*, saved: SavedSearch) -> None:
    saved.delete()


def _checked(name: str) -> str:
    name = " ".join(name.replace("\0", " ").split())
    if len(name) > _NAME:
        raise BadQuery(_("A name has at most %(limit)d characters.") % {"limit": _NAME})
    return name
