"""Collections: the list, a new one, one with its documents, its settings."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.roles import Action
from ingestion import access, golden_selectors, guide, selectors, services, tagging
from ingestion.forms import (
    CollectionForm,
    CollectionSettingsForm,
    DeleteCollectionForm,
    FilterForm,
    signed_in,
)
from ingestion.models import Collection, Document
from ingestion.split_forms import most_tokens
from ingestion.views.index_card import index_card, index_notice
from ingestion.views.parts import asks_for_part, page_or_part

_ROWS = 50


@require_GET
def collections(request: HttpRequest) -> HttpResponse:
    cards = selectors.collection_cards(request.user)
    has_sample = any(collection.is_sample for collection in cards)
    return render(request, "ingestion/collections.html", {"cards": cards, "has_sample": has_sample})


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    form = CollectionForm(request.POST or None)
    collection = form.save(signed_in(request.user)) if form.is_valid() else None
    if collection is not None:
        return redirect(collection)
    return render(
        request, "ingestion/collection_new.html", {"form": form}, status=422 if form.is_bound else 200
    )


@login_required
@require_POST
def load_sample(request: HttpRequest) -> HttpResponse:
    return redirect(guide.load_sample(owner=signed_in(request.user)))


@require_GET
def collection(request: HttpRequest, slug: str) -> HttpResponse:
    """The whole page, or only the documents where htmx asks for them."""
    shown = access.get_collection(request.user, slug)
    context = documents_context(request, shown)
    if context["may_manage"] and not asks_for_part(request):
        context["index_notice"] = index_notice(shown)
    return page_or_part(request, "ingestion/collection.html", "ingestion/_documents.html", context)


def documents_context(request: HttpRequest, shown: Collection) -> dict[str, Any]:
    """What the list of documents needs; the filter comes from the address or the posted form."""
    data = request.POST if request.method == "POST" else request.GET
    filters = FilterForm(data).value()
    page = _page(selectors.documents_of(shown, **filters), data.get("page", "1"))
    return {
        "collection": shown,
        "page": page,
        "filters": filters,
        "known_tags": tagging.tags_of([shown]),
        "max_mb": settings.MAX_UPLOAD_MB,
        "may_edit": access.may(request.user, shown, Action.EDIT),
        "may_manage": access.may(request.user, shown, Action.MANAGE),
        **_state(shown, list(page)),
    }


def _page(documents: Any, number: str) -> Page[Document]:
    return Paginator(documents, _ROWS).get_page(number)


def _state(shown: Collection, documents: list[Document]) -> dict[str, Any]:
    counts, updates = selectors.status_and_update_counts(shown)
    return {
        "counts": counts,
        "count_rows": [(status, label, counts[status]) for status, label in Document.Status.choices],
        "document_total": sum(counts.values()),
        "work_total": counts[Document.Status.QUEUED] + counts[Document.Status.PROCESSING] + updates,
        "in_work": [document for document in documents if document.is_changing],
    }


@require_GET
def pulse(request: HttpRequest, slug: str) -> HttpResponse:
    """What changed in the rows that were in work a second ago, and which of them still are."""
    shown = access.get_collection(request.user, slug)
    ids = [UUID(text) for text in request.GET.get("ids", "").split(",") if _is_id(text)][:_ROWS]
    rows = list(selectors.documents_of(shown).filter(id__in=ids))
    may_edit = access.may(request.user, shown, Action.EDIT)
    context = {"collection": shown, "rows": rows, "may_edit": may_edit, **_state(shown, rows)}
    return render(request, "ingestion/_pulse.html", context)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    shown = access.get_collection(request.user, slug, Action.MANAGE)
    form = CollectionSettingsForm.of(shown)
    if request.method == "POST":
        form = posted_settings(request, shown)
    if form.is_valid():
        form.save(shown)
        messages.success(request, saved_message(shown))
        return redirect("collection-settings", slug=slug)
    return _settings_page(request, shown, form=form)


@login_required
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes a post; a refused form stays at this address, where a reload leads to the settings."""
    shown = access.get_collection(request.user, slug, Action.MANAGE)
    if request.method == "GET":
        return redirect("collection-settings", slug=slug)
    form = DeleteCollectionForm(request.POST, collection=shown)
    if not form.is_valid():
        return _settings_page(request, shown, delete_form=form)
    services.delete_collection(collection=shown)
    messages.success(request, _("“%(name)s” and its documents are deleted.") % {"name": shown.name})
    return redirect("collections")


def previewed(request: HttpRequest, shown: Collection, preview: dict[str, Any]) -> HttpResponse:
    """The settings page as it was filled in, with what the preview shows; nothing is saved."""
    form = posted_settings(request, shown)
    form.is_valid()
    response = _settings_page(request, shown, form=form, **preview)
    response.status_code = 200
    return response


def posted_settings(request: HttpRequest, shown: Collection) -> CollectionSettingsForm:
    return CollectionSettingsForm(request.POST, chosen=shown.llm, most=most_tokens(shown))


def saved_message(shown: Collection) -> str:
    if index_notice(shown) == "outdated":
        return _("Saved. Build a new index below, so that it holds for the documents that are there already.")
    return _("Saved.")


def _settings_page(request: HttpRequest, shown: Collection, **forms: Any) -> HttpResponse:
    context = {
        "collection": shown,
        "form": CollectionSettingsForm.of(shown),
        "delete_form": DeleteCollectionForm(collection=shown),
        "index": index_card(shown),
        "default_tokens": settings.CHUNK_TOKENS,
        "default_overlap": settings.CHUNK_OVERLAP_TOKENS,
        "may_edit": True,
        "may_manage": True,
        "golden_sets": list(golden_selectors.sets_of(shown)),
        **forms,
    }
    refused = any(getattr(form, "is_bound", False) for form in forms.values())
    return render(request, "ingestion/collection_settings.html", context, status=422 if refused else 200)
