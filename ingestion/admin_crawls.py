"""Crawls and schedules in the administration."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_celery_beat import admin as _of_schedules  # noqa: F401 - registers what is taken away below
from django_celery_beat.models import ClockedSchedule, PeriodicTask, SolarSchedule

from ingestion.models import Crawl, CrawlPage, Source, WebDetails

Outcome = CrawlPage.Outcome
_COUNTED = {
    "visited": ~Q(pages__outcome="") & Q(pages__isnull=False),
    "brought": Q(pages__outcome__in=[Outcome.NEW, Outcome.CHANGED]),
    "failed": Q(pages__outcome__in=[Outcome.FAILED, Outcome.BLOCKED]),
}

# Here only sources have schedules, by an interval or a crontab; these would do nothing.
admin.site.unregister((PeriodicTask, ClockedSchedule, SolarSchedule))


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A source follows an interval or a crontab."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("every") and data.get("crontab"):
            self.add_error("every", _("Choose an interval or a crontab, not both: clear one of them."))
        return data


class WebDetailsInline(admin.StackedInline):  # type: ignore[type-arg]
    """What may be changed without asking the site; where it begins is changed in the site, which checks the
    addresses and has it crawled anew."""

    model = WebDetails
    readonly_fields = ("starts", "reach")
    fields = (
        *("starts", "reach", "include", "exclude", "selector"),
        *("max_pages", "max_depth", "sitemaps", "files"),
    )
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        return False


@admin.register(Crawl)
class CrawlAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """To look at, or to forget: each page's outcome is on the source's page."""

    list_display = ("source", "state", "began_at", "ended_at", "visited", "brought", "failed")
    list_filter = ("state", "source__collection")
    list_select_related = ("source",)
    search_fields = ("source__name",)
    date_hierarchy = "began_at"
    fields = readonly_fields = (
        *("source", "run", "state", "began_at", "ended_at"),
        *("visited", "brought", "failed", "sitemap_urls", "error"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Crawl]:
        counts = {f"{name}_count": Count("pages", filter=what) for name, what in _COUNTED.items()}
        crawls: QuerySet[Crawl] = super().get_queryset(request)
        return crawls.annotate(**counts)

    @admin.display(description=_("addresses"), ordering="visited_count")
    def visited(self, crawl: Crawl) -> int:
        return _count(crawl, "visited")

    @admin.display(description=_("new or changed"), ordering="brought_count")
    def brought(self, crawl: Crawl) -> int:
        return _count(crawl, "brought")

    @admin.display(description=_("failed"), ordering="failed_count")
    def failed(self, crawl: Crawl) -> int:
        return _count(crawl, "failed")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Crawl | None = None) -> bool:
        return False


def _count(crawl: Crawl, name: str) -> int:
    counted: dict[str, Any] = vars(crawl)
    return int(counted[f"{name}_count"])
