from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from llm import services
from llm.forms import EndpointForm, offered_kinds
from llm.models import Endpoint

_GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (None, ("kind", "title", "name", "base_url", "model", "api_key", "secret_key", "remove_keys")),
    (gettext_lazy("When it is used"), ("is_enabled", "is_fallback")),
    (
        gettext_lazy("Limits"),
        (
            *("context_tokens", "max_tokens", "context_words", "timeout_s", "silence_s"),
            *("concurrency", "patience_s"),
        ),
    ),
    (gettext_lazy("Price per 1,000 tokens"), ("price_prompt", "price_completion", "currency")),
    (gettext_lazy("Parameters"), ("parameters",)),
)


class EndpointAdminForm(EndpointForm):
    """At first the fields of all kinds, with the kind to be chosen once; keys are typed, never shown."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"))

    class Meta(EndpointForm.Meta):
        fields = ("kind", *EndpointForm.Meta.fields)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(kind.name, kind.title) for kind in offered_kinds()]
        field.disabled = self.instance.pk is not None

    def _look(self) -> None:
        """The admin has its own."""


@admin.register(Endpoint)
class EndpointAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = EndpointAdminForm
    change_form_template = "admin/llm/endpoint/change_form.html"
    list_display = (
        *("title", "name", "kind", "model", "is_default", "is_enabled", "is_fallback", "position"),
        *("test_ok", "tested_at"),
    )
    list_filter = ("is_enabled", "kind")
    search_fields = ("title", "name", "model")
    actions = ("make_default",)
    readonly_fields = ("is_default", "last_test")

    @admin.display(description=gettext_lazy("Last test"))
    def last_test(self, endpoint: Endpoint) -> str:
        return endpoint.test_message or "–"

    @admin.action(description=gettext_lazy("Make the site's default"))
    def make_default(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        chosen = queryset.first()
        if queryset.count() != 1 or not services.make_default(endpoint=chosen):
            self.message_user(request, _("Choose exactly one model that is in use."), messages.ERROR)

    def get_fieldsets(self, request: HttpRequest, obj: Endpoint | None = None) -> Any:
        """What the form of this endpoint's kind has."""
        there = EndpointAdminForm(instance=obj).fields
        groups = [(title, [name for name in names if name in there]) for title, names in _GROUPS]
        if obj is not None:
            groups[1][1].extend(self.readonly_fields)
        return [(title, {"fields": names}) for title, names in groups if names]

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        form.save()

    def delete_model(self, request: HttpRequest, obj: Endpoint) -> None:
        services.delete_endpoint(endpoint=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        for endpoint in queryset:
            if endpoint.is_deletable:
                services.delete_endpoint(endpoint=endpoint)

    def has_delete_permission(self, request: HttpRequest, obj: Endpoint | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_deletable)

    def response_add(
        self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._tried(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Endpoint) -> HttpResponse:
        return self._tried(request, obj) or super().response_change(request, obj)

    def _tried(self, request: HttpRequest, endpoint: Endpoint) -> HttpResponse | None:
        """Asks the model and stays on its page, where the test button was pressed."""
        if "_try" not in request.POST:
            return None
        trial = services.try_endpoint(endpoint=endpoint)
        self.message_user(request, trial.message, messages.SUCCESS if trial.ok else messages.ERROR)
        return HttpResponseRedirect(reverse("admin:llm_endpoint_change", args=[endpoint.pk]))
