"""The search page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import rate_limits
from accounts.roles import Action
from ingestion import access, selectors, web_offers, web_origins
from ingestion.errors import BadQuery
from ingestion.finding import Found
from ingestion.folding import find_distinct
from ingestion.models import Collection
from ingestion.search_form import SearchForm
from ingestion.tagging import folded, tags_of
from ingestion.views.parts import asks_for_part, page_or_part
from ingestion.views.result_groups import by_document
from search.errors import SearchError

_PASSAGES = 20
_TAGS = 12
_TEMPLATES = ("ingestion/search.html", "ingestion/_results.html")


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """The whole page, or only the results where htmx asks for them."""
    is_search = bool(request.GET.get("q", "").strip(" \0"))
    readable = access.collections_for(request.user) if is_search else selectors.collection_cards(request.user)
    collections = list(readable)
    form = SearchForm(request.GET, slugs=[item.slug for item in collections])
    context: dict[str, Any] = {"form": form, "collections": collections}
    if form.query:
        context["offer"] = web_offers.offer(request.user, form.query)
    if not asks_for_part(request):
        context["tag_choices"] = _tag_choices(form, collections)
    try:
        if is_search:
            rate_limits.take_for(request, "search")
        context |= _results(form, collections)
        context["markable"] = _markable(request, context.get("found"))
    except rate_limits.TooManyRequests as error:
        return _too_often(request, context, error)
    return page_or_part(request, *_TEMPLATES, context)


def _markable(request: HttpRequest, found: Found | None) -> set[str]:
    """The collections among the results in which this person may say which passage is right."""
    slugs = {passage.collection_slug for passage in found.passages} if found else set()
    if not slugs or not request.user.is_authenticated:
        return set()
    editable = access.collections_for(request.user, Action.EDIT).filter(slug__in=slugs)
    return set(editable.values_list("slug", flat=True))


def _tag_choices(form: SearchForm, collections: list[Collection]) -> list[tuple[str, bool]]:
    """Tags to filter by, the most used ones and those that are chosen, each with whether it is."""
    chosen = {folded(name): name for name in form.tags}
    known = {folded(name): name for name in tags_of(collections, _TAGS)}
    return [(name, key in chosen) for key, name in (chosen | known).items()]


def _too_often(
    request: HttpRequest, context: dict[str, Any], error: rate_limits.TooManyRequests
) -> HttpResponse:
    """The page with what was typed. htmx shows a part only where the status is 422 or none of failure."""
    context |= {"chosen": context["collections"], "problem": str(error), "can_retry": True}
    response = page_or_part(request, *_TEMPLATES, context)
    response.status_code = 422 if asks_for_part(request) else 429
    response["Retry-After"] = str(error.retry_after)
    return response


def _results(form: SearchForm, collections: list[Collection]) -> dict[str, Any]:
    chosen = [item for item in collections if item.slug in form.chosen] or collections
    if not form.query:
        return {"chosen": chosen}
    try:
        found = find_distinct(
            form.asked(timezone.localdate()),
            chosen,
            k=_PASSAGES,
            mode=form.mode_name,
            offset=_PASSAGES * (form.page_number - 1),
            sort=form.sort_name,
        )
    except BadQuery as error:
        return {"chosen": chosen, "problem": str(error)}
    except SearchError as error:
        return {"chosen": chosen, "problem": str(error), "can_retry": True}
    groups = by_document(found.passages)
    live = web_origins.addresses(group.best.document_id for group in groups)
    return {"chosen": chosen, "found": found, "groups": groups, "live": live}
