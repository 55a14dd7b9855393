"""The search page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from ingestion import access, selectors
from ingestion.errors import BadQuery
from ingestion.finding import find
from ingestion.forms import SearchForm
from ingestion.models import Collection
from ingestion.views.parts import page_or_part
from ingestion.views.result_groups import by_document
from search.errors import SearchError

_PASSAGES = 20


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """The whole page, or only the results where htmx asks for them."""
    is_search = bool(request.GET.get("q", "").strip(" \0"))
    readable = access.collections_for(request.user) if is_search else selectors.collection_cards(request.user)
    collections = list(readable)
    form = SearchForm(request.GET, slugs=[item.slug for item in collections])
    context = {"form": form, "collections": collections, **_results(form, collections)}
    return page_or_part(request, "ingestion/search.html", "ingestion/_results.html", context)


def _results(form: SearchForm, collections: list[Collection]) -> dict[str, Any]:
    chosen = [item for item in collections if item.slug in form.chosen] or collections
    if not form.query:
        return {"chosen": chosen}
    try:
        found = find(form.query, chosen, k=_PASSAGES, mode=form.mode_name)
    except BadQuery as error:
        return {"chosen": chosen, "problem": str(error)}
    except SearchError as error:
        return {"chosen": chosen, "problem": str(error), "can_retry": True}
    return {"chosen": chosen, "found": found, "groups": by_document(found.passages)}
