"""Sources of a collection: the list, one with its files, and what can be done with it."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.roles import Action
from ingestion import access, crawl_progress, source_selectors, sources, web_sources
from ingestion.models import Source, SourceItem
from ingestion.source_forms import DeleteSourceForm, OutcomeFilterForm
from ingestion.syncing import ALL_GONE, folder_of
from ingestion.views import crawls, folder_source, web_source

_ROWS = 100


@login_required
@require_GET
def list_of(request: HttpRequest, slug: str) -> HttpResponse:
    shown = access.get_collection(request.user, slug, Action.MANAGE)
    listed = list(source_selectors.sources_of(shown))
    context = {
        "collection": shown,
        "sources": listed,
        "failed_addresses": crawl_progress.failed_counts(listed),
        "may_add": sources.may_add_folders(request.user, shown),
        "has_roots": bool(settings.SOURCE_ROOTS),
        "may_edit": True,
        "may_manage": True,
    }
    return render(request, "ingestion/sources.html", context)


@login_required
@require_GET
def one(request: HttpRequest, source_id: UUID) -> HttpResponse:
    source = source_selectors.get_source(request.user, source_id)
    if source.kind == Source.Kind.WEB:
        return crawls.page(request, source)
    filters = OutcomeFilterForm(request.GET, SourceItem.Outcome).value()
    items = source_selectors.items_of(source, **filters)
    counts = source_selectors.outcome_counts(source)
    context = {
        "collection": source.collection,
        "source": source,
        "folder": folder_of(source),
        "page": Paginator(items, _ROWS).get_page(request.GET.get("page", "1")),
        "filters": filters,
        "count_rows": [(value, label, counts[value]) for value, label in SourceItem.Outcome.choices],
        "item_total": sum(counts.values()),
        "is_emptied": source.last_error == ALL_GONE,
        "delete_form": DeleteSourceForm(),
        "may_change": sources.may_add_folders(request.user, source.collection),
        "may_edit": True,
        "may_manage": True,
    }
    return render(request, "ingestion/source.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """The settings, by kind."""
    source = source_selectors.get_source(request.user, source_id)
    if source.kind == Source.Kind.WEB:
        return web_source.edit(request, source)
    return folder_source.edit(request, source)


@login_required
@require_GET
def state(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """The head of a source that is being looked at; when that is done the page is loaded again."""
    source = source_selectors.get_source(request.user, source_id)
    if source.kind == Source.Kind.WEB:
        return crawls.state(request, source)
    response = render(request, "ingestion/_source_state.html", {"source": source})
    if not source.is_due:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def act(request: HttpRequest, source_id: UUID, action: str) -> HttpResponse:
    """Pauses it, goes on, or looks at it now; ``empty`` also takes an empty folder as meant, ``stop`` ends
    the crawl that runs."""
    source = source_selectors.get_source(request.user, source_id)
    if action in {"pause", "resume"}:
        sources.set_paused(source=source, paused=action == "pause")
    elif action == "stop":
        web_sources.stop_crawl(source=source)
    else:
        sources.sync_now(source=source, may_empty=action == "empty")
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        return redirect(target)
    return redirect(source)


@login_required
@require_POST
def delete(request: HttpRequest, source_id: UUID) -> HttpResponse:
    source = source_selectors.get_source(request.user, source_id)
    form = DeleteSourceForm(request.POST)
    form.is_valid()
    count = sources.delete_source(source=source, with_documents=form.cleaned_data["with_documents"])
    if count:
        text = ngettext(
            "“%(name)s” and %(count)d document are deleted.",
            "“%(name)s” and %(count)d documents are deleted.",
            count,
        )
        messages.success(request, text % {"name": source.name, "count": count})
    else:
        messages.success(request, _("“%(name)s” is no source any more.") % {"name": source.name})
    return redirect(reverse("collection-sources", args=[source.collection.slug]))
