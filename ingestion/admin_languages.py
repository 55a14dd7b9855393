"""The page of the administration that tells how well each embedding model knows each language."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from ingestion import model_languages
from ingestion.errors import BadCollection
from search.errors import SearchError


class LanguagesPage(admin.ModelAdmin):  # type: ignore[type-arg]
    """Adds it to the administration of indexes."""

    def get_urls(self) -> list[URLPattern]:
        page = path("languages/", self.admin_site.admin_view(self.languages), name="model-languages")
        return [page, *super().get_urls()]

    def languages(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._measure(request)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Languages of the embedding models"),
            "opts": self.opts,
            "models": model_languages.models_in_use(),
            "may_measure": self.has_change_permission(request),
        }
        return TemplateResponse(request, "admin/ingestion/generation/languages.html", context)

    def _measure(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        try:
            model_languages.measure_again(fingerprint=request.POST.get("fingerprint", ""))
        except (BadCollection, SearchError) as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            told = _("The model is being measured, which may take a minute. Load this page again then.")
            self.message_user(request, told)
        return redirect("admin:model-languages")
