"""The one place that decides which collections somebody may read, edit or manage.

Every view, endpoint and command that acts for a person starts here.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.prepared import Prepared, Slot, columns, instance
from accounts.roles import ROLES_FOR, Action, Visibility
from ingestion.models import Collection, Document, Membership

Person = User | AnonymousUser
_COLUMNS = columns(Collection)
_KEPT = Collection.objects.filter(is_scratch=False)


def collections_for(user: Person, action: Action = Action.READ) -> QuerySet[Collection]:
    """The collections with which ``user`` may do ``action``, scratch ones left out."""
    if not user.is_authenticated:
        return _open_to_visitors(action)
    return _KEPT.all() if user.is_superuser else _open_to(user.pk, action)


def _open_to_visitors(action: Action) -> QuerySet[Collection]:
    return _KEPT.filter(visibility__in=[Visibility.PUBLIC] if action is Action.READ else [])


def _open_to(user: int | Slot, action: Action) -> QuerySet[Collection]:
    open_to = [Visibility.PUBLIC, Visibility.SIGNED_IN] if action is Action.READ else []
    role = Membership.objects.filter(collection=OuterRef("pk"), user=user, role__in=ROLES_FOR[action])
    return _KEPT.filter(Q(owner=user) | Q(visibility__in=open_to) | Exists(role))


def get_collection(user: Person, slug: str, action: Action = Action.READ) -> Collection:
    """Raises ``Http404`` where the user may not even read, ``PermissionDenied`` where reading is all."""
    collection = collections_for(user).filter(slug=slug).first()
    if collection is None:
        raise _no_collection(slug)
    _require(user, collection, action)
    return collection


def get_collections(user: Person, slugs: Iterable[str]) -> list[Collection]:
    """Those that are named, each once, in this order. Raises ``Http404`` as ``get_collection`` does."""
    named = list(dict.fromkeys(slugs))
    if not user.is_authenticated:
        rows = _NAMED_FOR_VISITORS.rows(named)
    elif user.is_superuser:
        rows = _NAMED.rows(named)
    else:
        rows = _NAMED_FOR.rows(user.pk, named)
    read = [instance(Collection, _COLUMNS, row) for row in rows]
    found = {collection.slug: collection for collection in read}
    for slug in named:
        if slug not in found:
            raise _no_collection(slug)
    return [found[slug] for slug in named]


def get_document(user: Person, document_id: UUID | str, action: Action = Action.READ) -> Document:
    """As ``get_collection``, for a document by its id."""
    document = (
        Document.objects.select_related("collection", "successor")
        .filter(id=document_id, replaces__isnull=True, collection__in=collections_for(user))
        .first()
    )
    if document is None:
        raise Http404(_("There is no such document, or you may not read it."))
    _require(user, document.collection, action)
    return document


def may(user: Person, collection: Collection, action: Action) -> bool:
    return collections_for(user, action).filter(pk=collection.pk).exists()


def _rows_of(collections: QuerySet[Collection], slugs: list[Slot]) -> QuerySet[Collection, Any]:
    return collections.filter(slug__in=slugs).order_by().values_list(*_COLUMNS)


_NAMED = Prepared(lambda slugs: _rows_of(_KEPT, slugs))
_NAMED_FOR_VISITORS = Prepared(lambda slugs: _rows_of(_open_to_visitors(Action.READ), slugs))
_NAMED_FOR = Prepared(lambda user, slugs: _rows_of(_open_to(user, Action.READ), slugs))


def _no_collection(slug: str) -> Http404:
    return Http404(_("There is no collection “%(slug)s” that you may read.") % {"slug": slug})


def _require(user: Person, collection: Collection, action: Action) -> None:
    if action is not Action.READ and not may(user, collection, action):
        raise PermissionDenied(_("You may read this collection but not change it."))
