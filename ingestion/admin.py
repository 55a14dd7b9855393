from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ingestion import runs, schedules, services, sources
from ingestion.admin_crawls import SourceForm, WebDetailsInline
from ingestion.admin_languages import LanguagesPage
from ingestion.admin_uploads import UploadForm
from ingestion.errors import BadCollection
from ingestion.forms import signed_in
from ingestion.models import Collection, Document, FolderDetails, Generation, Membership, Run, Source
from search.errors import SearchError


def _tell(page: "admin.ModelAdmin[Any]", request: HttpRequest, count: int) -> None:
    changed = ngettext("%(count)d document changed.", "%(count)d documents changed.", count)
    page.message_user(request, changed % {"count": count})


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    extra = 0


@admin.register(Collection)
class CollectionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "slug", "owner", "visibility", "created_at")
    list_filter = ("visibility",)
    search_fields = ("name", "slug")
    inlines = (MembershipInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Collections are made in the site, where their index is prepared too."""
        return False

    def delete_model(self, request: HttpRequest, obj: Collection) -> None:
        services.delete_collection(collection=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Collection]) -> None:
        for collection in queryset:
            services.delete_collection(collection=collection)


@admin.register(Document)
class DocumentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "collection", "status", "step", "chunk_count", "created_at")
    list_filter = ("status", "collection", ("run", admin.RelatedOnlyFieldListFilter))
    search_fields = ("name", "title", "sha256")
    list_select_related = ("collection",)
    actions = ("retry", "cancel")
    fields = readonly_fields = (
        *(
            "collection",
            "name",
            "title",
            "language",
            "mime",
            "size",
            "sha256",
            "status",
            "step",
            "error_code",
        ),
        *(
            "error",
            "attempts",
            "lease_until",
            "pages",
            "chunk_count",
            "indexed_count",
            "created_by",
            "created_at",
        ),
    )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Files are uploaded here as in the site; the list then shows how far they are."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            run = form.save(request)
            return redirect(reverse("admin:ingestion_document_changelist") + f"?run__id__exact={run.pk}")
        context = self.admin_site.each_context(request) | {
            "form": form,
            "opts": self.opts,
            "title": _("Upload documents"),
        }
        return TemplateResponse(
            request, "admin/ingestion/document/upload.html", context, status=422 if form.is_bound else 200
        )

    @admin.action(description=_("Retry failed or cancelled documents"))
    def retry(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        count = services.retry_documents(queryset, by=signed_in(request.user))
        _tell(self, request, count)

    @admin.action(description=_("Cancel documents in work"))
    def cancel(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        _tell(self, request, services.cancel_documents(queryset, by=signed_in(request.user)))

    def delete_model(self, request: HttpRequest, obj: Document) -> None:
        services.delete_document(document=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        for document in queryset:
            services.delete_document(document=document)


class FolderDetailsInline(admin.StackedInline):  # type: ignore[type-arg]
    """To look at: folders are chosen in the site, where they are checked."""

    model = FolderDetails
    readonly_fields = ("root", "path", "include", "exclude")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        return False


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = SourceForm
    list_display = ("name", "collection", "kind", "schedule", "paused", "last_outcome", "last_at", "next_at")
    list_filter = ("paused", "last_outcome", "collection")
    search_fields = ("name",)
    list_select_related = ("collection", "every", "crontab")
    actions = ("sync", "pause", "resume")
    fields = (
        "collection",
        "name",
        "kind",
        "every",
        "crontab",
        "paused",
        "next_at",
        "last_at",
        "last_outcome",
        "last_error",
    )
    readonly_fields = ("collection", "kind", "paused", "next_at", "last_at", "last_outcome", "last_error")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Sources are added in the site, which looks whether the folder is allowed."""
        return False

    def get_inlines(self, request: HttpRequest, obj: Source | None) -> list[Any]:
        """What belongs to its kind."""
        return [WebDetailsInline if obj and obj.kind == Source.Kind.WEB else FolderDetailsInline]

    @admin.display(description=_("Schedule"))
    def schedule(self, source: Source) -> str:
        return schedules.described(source)

    def save_model(self, request: HttpRequest, obj: Source, form: object, change: bool) -> None:
        super().save_model(request, obj, form, change)
        schedules.reset(Source.objects.filter(pk=obj.pk))

    @admin.action(description=_("Look at them now"))
    def sync(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        for source in queryset:
            sources.sync_now(source=source)

    @admin.action(description=_("Pause"))
    def pause(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        for source in queryset:
            sources.set_paused(source=source, paused=True)

    @admin.action(description=_("Resume"))
    def resume(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        for source in queryset:
            sources.set_paused(source=source, paused=False)

    def delete_model(self, request: HttpRequest, obj: Source) -> None:
        sources.delete_source(source=obj, with_documents=False)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        for source in queryset:
            sources.delete_source(source=source, with_documents=False)


@admin.register(Generation)
class GenerationAdmin(LanguagesPage, admin.ModelAdmin):  # type: ignore[type-arg]
    """To look at: indexes are built from a collection's settings."""

    list_display = ("collection", "state", "embedding", "splitter", "created_at")
    readonly_fields = ("collection", "embedding", "splitter", "state", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Run)
class RunAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """To look at, to cancel and to retry; runs begin with an upload or a command."""

    list_display = ("collection", "kind", "started_by", "created_at")
    list_filter = ("kind", "collection")
    list_select_related = ("collection", "started_by")
    actions = ("cancel", "retry_failed", "retry_all_failed")
    readonly_fields = ("collection", "kind", "started_by", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description=_("Cancel what is in work"))
    def cancel(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        by = signed_in(request.user)
        _tell(self, request, sum(runs.cancel_run(run, by=by) for run in queryset))

    @admin.action(description=_("Retry what failed in these runs"))
    def retry_failed(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        by, count = signed_in(request.user), 0
        for run in queryset:
            try:
                count += runs.retry_run(run, by=by)
            except (BadCollection, SearchError) as error:
                self.message_user(request, str(error), messages.ERROR)
        _tell(self, request, count)

    @admin.action(description=_("Retry everything that failed, in all runs"))
    def retry_all_failed(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        _tell(self, request, runs.retry_all_failed(signed_in(request.user)))
