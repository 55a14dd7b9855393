"""The one place that decides which collections somebody may read, edit or manage.

Every view, endpoint and command that acts for a person starts here.
"""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import ROLES_FOR, Action, Visibility
from ingestion.models import Collection, Document, Membership

Person = User | AnonymousUser


def collections_for(user: Person, action: Action = Action.READ) -> QuerySet[Collection]:
    """The collections with which ``user`` may do ``action``, scratch ones left out."""
    everything = Collection.objects.filter(is_scratch=False)
    open_to = [Visibility.PUBLIC] if action is Action.READ else []
    if not user.is_authenticated:
        return everything.filter(visibility__in=open_to)
    if user.is_superuser:
        return everything
    if action is Action.READ:
        open_to.append(Visibility.SIGNED_IN)
    role = Membership.objects.filter(collection=OuterRef("pk"), user=user, role__in=ROLES_FOR[action])
    return everything.filter(Q(owner=user) | Q(visibility__in=open_to) | Exists(role))


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
    found = {collection.slug: collection for collection in collections_for(user).filter(slug__in=named)}
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


def _no_collection(slug: str) -> Http404:
    return Http404(_("There is no collection “%(slug)s” that you may read.") % {"slug": slug})


def _require(user: Person, collection: Collection, action: Action) -> None:
    if action is not Action.READ and not may(user, collection, action):
        raise PermissionDenied(_("You may read this collection but not change it."))
