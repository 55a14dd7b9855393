"""Where administrators read what people said of answers, filter it and take it away as a file."""

from collections.abc import AsyncIterator, Callable, Iterator
from functools import wraps
from itertools import islice
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from chat.feedback import export as exporting
from chat.feedback import golden, selectors
from chat.feedback.forms import FilterForm
from chat.feedback.models import Comparison, Feedback

_ROWS = 30
_AT_ONCE = 200
_JSON_LINES = "application/x-ndjson; charset=utf-8"
_Rated = QuerySet[Feedback]
_Compared = QuerySet[Comparison]
_View = Callable[..., HttpResponseBase]


def for_administrators(view: _View) -> _View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_superuser:
            raise PermissionDenied(_("Only administrators may see the feedback of everybody."))
        return view(request, *args, **kwargs)

    return login_required(checked)


@for_administrators
@require_GET
def ratings(request: HttpRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    found = selectors.rated(form.wanted())
    context = _listed(request, form, found) | {"summary": selectors.summary(found)}
    return render(request, "chat/feedback/list.html", context)


@for_administrators
@require_GET
def comparisons(request: HttpRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    found = selectors.compared(form.wanted())
    return render(request, "chat/feedback/comparisons.html", _listed(request, form, found))


@for_administrators
@require_GET
def rating(request: HttpRequest, feedback_id: UUID) -> HttpResponse:
    found = selectors.one(feedback_id)
    context = {"feedback": found, "shown": found.shown, "sets": golden.sets_for(request.user, found)}
    return render(request, "chat/feedback/one.html", context)


@for_administrators
@require_GET
def comparison(request: HttpRequest, comparison_id: UUID) -> HttpResponse:
    return render(
        request, "chat/feedback/comparison.html", {"choice": selectors.one_comparison(comparison_id)}
    )


@for_administrators
@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """With the filter of the page. The kinds are those of ``KINDS``."""
    if kind not in KINDS:
        raise Http404(_("There is no such file."))
    wanted = FilterForm(request.GET).wanted()
    return as_file(kind, selectors.rated(wanted), selectors.compared(wanted))


def _listed(request: HttpRequest, form: FilterForm, found: "_Rated | _Compared") -> dict[str, Any]:
    carried = request.GET.copy()
    carried.pop("page", None)
    page = Paginator(found, _ROWS).get_page(request.GET.get("page", "1"))
    return {"form": form, "page": page, "carried": carried.urlencode()}


KINDS: dict[str, tuple[Callable[[_Rated, _Compared], Iterator[str]], str]] = {
    "preferences.jsonl": (
        lambda rated, compared: exporting.preferences(exporting.rows(rated), exporting.rows(compared)),
        _JSON_LINES,
    ),
    "ratings.jsonl": (
        lambda rated, compared: exporting.ratings(exporting.rows(rated), exporting.rows(compared)),
        _JSON_LINES,
    ),
    "ratings.csv": (
        lambda rated, _compared: exporting.table(exporting.rows(rated)),
        "text/csv; charset=utf-8",
    ),
}


def as_file(kind: str, rated: _Rated, compared: _Compared) -> StreamingHttpResponse:
    """A download that is made while it is sent."""
    lines, content_type = KINDS[kind]
    response = StreamingHttpResponse(_pieces(lines(rated, compared)), content_type=content_type)
    name = f"feedback-{timezone.localdate():%Y-%m-%d}-{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-cache"
    return response


async def _pieces(lines: Iterator[str]) -> AsyncIterator[str]:
    """Lines some hundred at a time, read from the database where that may be done."""

    def some() -> str:
        return "".join(islice(lines, _AT_ONCE))

    while piece := await sync_to_async(some)():
        yield piece
