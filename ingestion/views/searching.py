"""The search page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from ingestion import selectors
from ingestion.errors import BadQuery
from ingestion.finding import find
from ingestion.forms import SearchForm
from ingestion.models import Collection
from ingestion.views.result_groups import by_document
from search.errors import SearchError

_PASSAGES = 20


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """The whole page, or only the results where htmx asks for them."""
    collections = list(selectors.collection_cards(request.user))
    form = SearchForm(request.GET, slugs=[item.slug for item in collections])
    context = {"form": form, "collections": collections, **_results(form, collections)}
    is_part = request.htmx and not request.htmx.history_restore_request
    response = render(request, "ingestion/_results.html" if is_part else "ingestion/search.html", context)
    patch_vary_headers(response, ["HX-Request"])
    response["Cache-Control"] = "private, no-cache"
    return response


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
