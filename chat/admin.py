"""What administrators see of the chat: which links people have made, never what they asked."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chat.sharing.models import SharedLink
from chat.sharing.services import withdraw


@admin.register(SharedLink)
class SharedLinkAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Links are made by their owners; here they can be withdrawn."""

    list_display = ("created_at", "owner", "expires_at", "withdrawn_at", "state_shown")
    list_filter = ("withdrawn_at", "expires_at")
    search_fields = ("owner__username",)
    list_select_related = ("owner",)
    fields = readonly_fields = ("owner", "created_at", "expires_at", "withdrawn_at", "state_shown")
    actions = ("withdraw",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SharedLink | None = None) -> bool:
        """A row that is gone could no longer say why its address shows nothing."""
        return False

    @admin.display(description=_("State"))
    def state_shown(self, link: SharedLink) -> str:
        return str(_STATES[link.state])

    @admin.action(description=_("Withdraw the links"))
    def withdraw(self, request: HttpRequest, links: QuerySet[SharedLink]) -> None:
        for link in links:
            withdraw(link=link)


_STATES = {
    "open": _("open"),
    "expired": _("expired"),
    "withdrawn": _("withdrawn"),
    "deleted": _("the conversation was deleted"),
}
