from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ingestion import services, sources
from ingestion.models import Collection, Document, FolderDetails, Generation, Membership, Run, Source


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
    list_filter = ("status", "collection")
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

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description=_("Retry failed or cancelled documents"))
    def retry(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        for document in queryset:
            services.retry_document(document=document)

    @admin.action(description=_("Cancel documents in work"))
    def cancel(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        for document in queryset:
            services.cancel_document(document=document)

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
    list_display = ("name", "collection", "kind", "interval", "paused", "last_outcome", "last_at", "next_at")
    list_filter = ("paused", "last_outcome", "collection")
    search_fields = ("name",)
    list_select_related = ("collection",)
    inlines = (FolderDetailsInline,)
    actions = ("sync", "pause", "resume")
    fields = (
        "collection",
        "name",
        "kind",
        "interval",
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
class GenerationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("collection", "state", "embedding", "splitter", "created_at")
    readonly_fields = ("collection", "embedding", "splitter", "state", "created_at")


@admin.register(Run)
class RunAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("collection", "kind", "started_by", "created_at")
    readonly_fields = ("collection", "kind", "started_by", "created_at")
