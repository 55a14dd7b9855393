"""The search page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import rate_limits
from accounts.roles import Action
from ingestion import access, selectors, web_offers, web_origins
from ingestion.document_types import NAMES
from ingestion.errors import BadQuery
from ingestion.finding import Found, find
from ingestion.models import Collection, Document
from ingestion.recommend import noting
from ingestion.saved_searches import saved_by
from ingestion.search_form import SearchForm
from ingestion.tagging import folded, tags_of
from ingestion.views.filter_chips import address, chips, without_exclusions, without_filters, without_quotes
from ingestion.views.parts import asks_for_part, page_or_part
from ingestion.views.result_groups import by_document
from ingestion.views.second_tries import elsewhere, spelled
from search.errors import SearchError
from search.filters import read_filters

_PASSAGES = 20
_TAGS = 12
# More collections than these are chosen among the filters.
_COLLECTIONS_SHOWN = 8
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
        context |= _controls(form, collections)
    try:
        if is_search:
            rate_limits.take_for(request, "search")
        context |= _results(request, form, collections)
        context["markable"] = _markable(request, context.get("found"))
        if context.get("groups"):
            noting.searched(request.user, form.query)
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


def _controls(form: SearchForm, collections: list[Collection]) -> dict[str, Any]:
    """What the filters offer, and what is set."""
    return {
        "tag_choices": _tag_choices(form, collections),
        "type_choices": list(NAMES.items()),
        "days": read_filters(form.controls, today=timezone.localdate())[0],
        "collections_shown": _COLLECTIONS_SHOWN,
    }


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


def _results(request: HttpRequest, form: SearchForm, collections: list[Collection]) -> dict[str, Any]:
    ticked = [item for item in collections if item.slug in form.chosen]
    chosen = ticked or collections
    if not form.query:
        return {"chosen": chosen, "saved_searches": saved_by(request.user)}
    today = timezone.localdate()
    asked = form.asked(today)
    document = _document(form, collections)
    context: dict[str, Any] = {
        "chosen": chosen,
        "filter_chips": chips(form, asked, request.GET, today, chosen=ticked, document=document),
        "url_without_filters": without_filters(request.GET, asked),
    }

    def ask(form: SearchForm) -> Found:
        return find(
            form.asked(today),
            chosen,
            k=_PASSAGES,
            mode=form.mode_name,
            offset=_PASSAGES * (form.page_number - 1),
            sort=form.sort_name,
            document=document,
            fold=True,
        )

    try:
        spelling = spelled(request.GET, form, ask(form), ask)
    except BadQuery as error:
        return context | {"problem": str(error)}
    except SearchError as error:
        return context | {"problem": str(error), "can_retry": True}
    found = spelling.found
    context["spelling"] = spelling
    if not found.passages:
        context["elsewhere"] = elsewhere(request.GET, asked, chosen, collections)
        context["url_without_quotes"] = without_quotes(request.GET, form.query, asked)
        context["url_without_exclusions"] = without_exclusions(request.GET, form.query, asked)
    groups = by_document(found.passages, request.GET if document is None else None)
    live = web_origins.addresses(group.best.document_id for group in groups)
    return context | {"found": found, "groups": groups, "live": live, "pages": _pages(request, form, found)}


def _document(form: SearchForm, collections: list[Collection]) -> Document | None:
    """The only document to search, where the address names one that this person may read."""
    if form.document_id is None:
        return None
    return Document.objects.filter(pk=form.document_id, collection__in=collections).first()


def _pages(request: HttpRequest, form: SearchForm, found: Found) -> dict[str, str]:
    number = form.page_number
    pages = {"previous": address(request.GET, page=str(number - 1))} if number > 1 else {}
    return pages | ({"next": address(request.GET, page=str(number + 1))} if found.more else {})
