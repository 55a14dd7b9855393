"""Reads: what pages show of sources and their files."""

from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.roles import Action
from ingestion import access
from ingestion.access import Person, collections_for
from ingestion.models import Collection, Source, SourceItem

Outcome = SourceItem.Outcome


def sources_of(collection: Collection) -> QuerySet[Source]:
    """By name, each with ``file_count`` and ``failed_count``."""
    present = ~Q(items__outcome=Outcome.GONE) & Q(items__isnull=False)
    return (
        collection.sources.select_related("folder", "web", "last_run", "every", "crontab")
        .annotate(
            file_count=Count("items", filter=present),
            failed_count=Count("items", filter=Q(items__outcome=Outcome.FAILED)),
        )
        .order_by("name", "created_at")
    )


def get_source(user: Person, source_id: UUID, action: Action = Action.MANAGE) -> Source:
    """Raises ``Http404`` where the user may not even read, ``PermissionDenied`` where reading is all."""
    found = Source.objects.filter(id=source_id, collection__in=collections_for(user))
    source = found.select_related("collection", "folder", "web", "last_run", "every", "crontab").first()
    if source is None:
        raise Http404(_("There is no such source, or you may not see it."))
    access.get_collection(user, source.collection.slug, action)
    return source


def items_of(source: Source, *, outcome: str = "", text: str = "") -> QuerySet[SourceItem]:
    """By path; those that failed before all others. An unknown outcome finds nothing."""
    items = source.items.select_related("document", "document__successor")
    if outcome:
        items = items.filter(outcome=outcome)
    if text:
        items = items.filter(path__icontains=text)
    failed_first = Q(outcome=Outcome.FAILED)
    return items.annotate(has_failed=failed_first).order_by(F("has_failed").desc(), "path")


def outcome_counts(source: Source) -> dict[str, int]:
    """Every outcome with the number of files, zeros included."""
    found = dict(source.items.order_by().values_list("outcome").annotate(Count("pk")))
    return {outcome: found.get(outcome, 0) for outcome in Outcome.values}
