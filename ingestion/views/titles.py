"""Titles that begin with what is typed into the search box."""

from collections import Counter
from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts import rate_limits
from ingestion import access
from ingestion.models import Document
from ingestion.titles import beginning_with

_LONGEST = 100


@require_GET
def titles(request: HttpRequest) -> HttpResponse:
    """A part of a page: options of a list, or nothing."""
    try:
        rate_limits.take_for(request, "titles")
    except rate_limits.TooManyRequests as error:
        return HttpResponse(status=429, headers={"Retry-After": str(error.retry_after)})
    typed = request.GET.get("q", "").replace("\0", " ")[:_LONGEST]
    readable = list(access.collections_for(request.user)) if typed.strip() else []
    ticked = set(request.GET.getlist("c"))
    chosen = [item for item in readable if item.slug in ticked] or readable
    found = beginning_with(typed, chosen)
    times = Counter(document.shown_title for document in found)
    context = {"found": [(document, _beside(document, times, len(chosen))) for document in found]}
    response = render(request, "ingestion/_titles.html", context)
    response["Cache-Control"] = "private, no-cache"
    return response


def _beside(document: Document, times: Mapping[str, int], collections: int) -> str:
    """What tells it from others: its name where another one has its title, and its collection."""
    name = document.name if times[document.shown_title] > 1 else ""
    collection = document.collection.name if collections > 1 else ""
    return " · ".join(part for part in (name, collection) if part)
