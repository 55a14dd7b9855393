"""The settings page shows how a document would be cut before anything is saved."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import Action
from ingestion import access, previewing, selectors
from ingestion.generations import chosen_embedder, split_settings_of
from ingestion.models import Collection
from ingestion.split_forms import SplitForm, most_tokens
from ingestion.views import collections
from ingestion.views.parts import asks_for_part
from search.errors import SearchError


@login_required
@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The part for htmx; without it the whole page with what was typed. Nothing is saved."""
    shown = access.get_collection(request.user, slug, Action.MANAGE)
    if request.method == "GET":
        return redirect("collection-settings", slug=slug)
    form = SplitForm(request.POST, most=most_tokens(shown))
    context = preview_context(shown, form, request.POST.get("preview_document", ""))
    if asks_for_part(request):
        return render(request, "ingestion/_split_preview.html", context | {"form": form, "is_answer": True})
    return collections.previewed(request, shown, context)


@login_required
@require_GET
def documents(request: HttpRequest, slug: str) -> HttpResponse:
    """The choices of the searchable select, for what is typed so far."""
    shown = access.get_collection(request.user, slug, Action.MANAGE)
    found = previewing.offered(shown, request.GET.get("preview_document", "")[:200])
    return render(request, "ingestion/_preview_documents.html", {"preview_documents": found})


def preview_context(shown: Collection, form: SplitForm, wanted: str) -> dict[str, Any]:
    """What ``_split_preview.html`` shows; no preview where the form or the document cannot give one."""
    context: dict[str, Any] = {"collection": shown, "preview_wanted": wanted}
    if not form.is_valid():
        return context | {"preview_trouble": "form"}
    document = previewing.chosen(shown, wanted[:200])
    content = selectors.document_text(document) if document else None
    if document is None or content is None:
        return context | {"preview_trouble": "document"}
    data = form.cleaned_data
    try:
        chosen = split_settings_of(
            data["chunk_tokens"] or settings.CHUNK_TOKENS,
            data["chunk_overlap"] or 0 if data["chunk_tokens"] else settings.CHUNK_OVERLAP_TOKENS,
            data["split_preset"],
            chosen_embedder(shown),
        )
    except SearchError as error:
        return context | {"preview_trouble": str(error)}
    return context | {"preview": previewing.preview(document, content, chosen)}
