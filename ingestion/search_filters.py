"""Which documents a search keeps to: by site, type, tags and dates, found out in the database."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from urllib.parse import quote
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from ingestion.document_types import MIMES, NAMES
from ingestion.models import Chunk, Collection, Document, Generation, Source, SourceItem
from ingestion.tagging import folded
from search.filters import Filters

# The indexes are kept to so many documents at the most; of more, what they answer is filtered.
MOST_IDS = 2000
# The first passage may have been taken out by hand.
_FIRST_FEW = 5


@dataclass(frozen=True, slots=True)
class Narrowed:
    """``only`` are the documents by their ids, where they are few; else ``within`` tells who they are."""

    only: frozenset[str] | None = None
    within: QuerySet[Document] | None = None

    @property
    def is_empty(self) -> bool:
        return self.only is not None and not self.only


def narrowed(
    collections: Sequence[Collection], filters: Filters, document: Document | None = None
) -> Narrowed:
    """Without filters everything, at no cost; else one query."""
    if document is not None:
        return Narrowed(frozenset({str(document.pk)}))
    if not filters:
        return Narrowed()
    documents = documents_that_match(collections, filters)
    ids = list(documents.values_list("pk", flat=True)[: MOST_IDS + 1])
    if len(ids) > MOST_IDS:
        return Narrowed(within=documents)
    return Narrowed(frozenset(map(str, ids)))


def documents_that_match(collections: Sequence[Collection], filters: Filters) -> QuerySet[Document]:
    """The documents of ``collections`` that can be found, in no order."""
    found = Document.objects.filter(
        collection__in=[item.pk for item in collections],
        status=Document.Status.READY,
        replaces__isnull=True,
    ).order_by()
    if filters.types:
        found = found.filter(mime__in={mime for key in filters.types for mime in MIMES.get(key, ())})
    if filters.after:
        found = found.filter(_days(Q(dated_on__gte=filters.after), Q(finished_at__gte=_begin(filters.after))))
    if filters.before:
        found = found.filter(_days(Q(dated_on__lt=filters.before), Q(finished_at__lt=_begin(filters.before))))
    for tag in filters.tags:
        found = found.filter(tags__folded=folded(tag), tags__collection__in=[item.pk for item in collections])
    if filters.sites:
        found = found.filter(pk__in=_pages(collections, filters.sites).values("document"))
    return _without(found, collections, filters)


def _without(
    found: QuerySet[Document], collections: Sequence[Collection], filters: Filters
) -> QuerySet[Document]:
    """``found`` without those that the filters with a minus name."""
    if filters.not_types:
        found = found.exclude(mime__in={mime for key in filters.not_types for mime in MIMES.get(key, ())})
    if filters.not_tags:
        tagged = Document.objects.filter(
            tags__folded__in=[folded(tag) for tag in filters.not_tags],
            tags__collection__in=[item.pk for item in collections],
        )
        found = found.exclude(pk__in=tagged.values("pk"))
    if filters.not_sites:
        found = found.exclude(pk__in=_pages(collections, filters.not_sites).values("document"))
    return found


def newest(
    collections: Sequence[Collection], filters: Filters, offset: int, limit: int
) -> list[tuple[Chunk, str]]:
    """The first passage of each document that matches, with its index's id, the newest document first."""
    day = Coalesce("dated_on", TruncDate("finished_at"))
    documents = documents_that_match(collections, filters).annotate(day=day).order_by("-day", "name", "pk")
    ids = list(documents.values_list("pk", flat=True)[offset : offset + limit])
    chunks = Chunk.objects.select_related("document__collection", "generation").filter(
        document__in=ids, generation__state=Generation.State.ACTIVE, ordinal__lt=_FIRST_FEW
    )
    first: dict[UUID, Chunk] = {}
    for chunk in chunks.order_by("ordinal", "start"):
        first.setdefault(chunk.document_id, chunk)
    return [(first[pk], first[pk].generation.index_id) for pk in ids if pk in first]


def why_none(collections: Sequence[Collection], filters: Filters) -> list[str]:
    """Sentences about those filters that no document passes even by themselves."""
    alone = {
        _("No document here has the tag “%(name)s”."): (
            (name, Filters(tags=(name,))) for name in filters.tags
        ),
        _("No page here comes from %(name)s."): ((name, Filters(sites=(name,))) for name in filters.sites),
        _("No document here is of the type “%(name)s”."): (
            (str(NAMES[name]), Filters(types=(name,))) for name in filters.types
        ),
        _("Every document here has the tag “%(name)s”."): (
            (name, Filters(not_tags=(name,))) for name in filters.not_tags
        ),
        _("Every document here comes from %(name)s."): (
            (name, Filters(not_sites=(name,))) for name in filters.not_sites
        ),
        _("Every document here is of the type “%(name)s”."): (
            (str(NAMES[name]), Filters(not_types=(name,))) for name in filters.not_types
        ),
    }
    notes = [
        sentence % {"name": name}
        for sentence, each in alone.items()
        for name, one in each
        if not documents_that_match(collections, one).exists()
    ]
    dates = replace(Filters(), after=filters.after, before=filters.before)
    if dates and not documents_that_match(collections, dates).exists():
        notes.append(_("No document here is from that time."))
    return notes or [_("No document here passes all of the filters.")]


def _days(own: Q, came: Q) -> Q:
    """By its own day, or by when it came where it has none."""
    return own | (Q(dated_on__isnull=True) & came)


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _pages(collections: Sequence[Collection], sites: Iterable[str]) -> QuerySet[SourceItem]:
    """What came from one of the hosts or from a host below it, where a path is named from under that."""
    wanted = Q()
    for site in sites:
        host, slash, path = site.partition("/")
        host, port = _ascii(host)
        start = rf"^https?://([^/?#@]*\.)?{re.escape(host)}{re.escape(port) if port else '(:[0-9]+)?'}"
        rest = re.escape(slash + quote(path, safe="/%:@!$&'()*+,;=~-._")) if path else "(/|$)"
        wanted |= Q(path__icontains=host) & Q(path__iregex=start + rest)
    return SourceItem.objects.filter(
        wanted,
        source__kind=Source.Kind.WEB,
        source__collection__in=[item.pk for item in collections],
        document__isnull=False,
    ).order_by()


def _ascii(host: str) -> tuple[str, str]:
    """The host as addresses have it, and its port with the colon."""
    name, colon, port = host.partition(":")
    try:
        return name.encode("idna").decode("ascii"), colon + port
    except UnicodeError:
        return name, colon + port
