"""Runs: what is being read and indexed, what is done, what failed and why."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.roles import Action
from ingestion import access, run_filters, selectors
from ingestion.models import Document, Run
from ingestion.passage_selectors import unplaced_by_run
from ingestion.progress import RunProgress, run_progress

_ROWS = 20
_FAILURES_SHOWN = 5
_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as the page shows it. ``may_change``: whether this person may cancel and retry it; ``may_pause``:
    whether it has a source that this person may pause. In the new texts of ``unplaced``
    changes of passages by hand have no place."""

    run: Run
    progress: RunProgress
    failures: list[Document]
    may_change: bool
    may_pause: bool = False
    unplaced: Sequence[Document] = ()

    @property
    def is_rebuild(self) -> bool:
        return self.run.kind == Run.Kind.REEMBED

    @property
    def rate(self) -> float | None:
        """Passages a second, with a decimal where it is slow."""
        rate = self.progress.rate
        return None if rate is None else round(rate, 0 if rate >= 10 else 1)

    @property
    def has_counts(self) -> bool:
        """A new index that was given up leaves nothing to count."""
        return not self.is_rebuild or self.progress.state in {"running", "ready"}


@login_required
@require_GET
def runs(request: HttpRequest) -> HttpResponse:
    """The page, or for its script the cards alone, and nothing where they are as they were."""
    readable = list(access.collections_for(request.user).order_by("name"))
    filters = {name: request.GET.get(name, "") for name in ("state", "collection")}
    shown = run_filters.with_something(selectors.recent_runs(request.user))
    shown = run_filters.in_state(shown, filters["state"])
    if filters["collection"]:
        shown = shown.filter(collection__slug=filters["collection"])
    page = Paginator(_with_failures(shown), _ROWS).get_page(request.GET.get("page", "1"))
    context = {"page": page, "rows": _rows(request, list(page)), "is_filtered": any(filters.values())}
    if request.headers.get("X-Requested-With") == "fetch":
        return _if_changed(request, render(request, "ingestion/_runs_list.html", context))
    editable = access.collections_for(request.user, Action.EDIT)
    failed = Document.objects.filter(status=Document.Status.FAILED, collection__in=editable)
    context |= {
        "filters": filters,
        "states": run_filters.STATES,
        "collections": readable,
        "may_retry_all": failed.exists(),
    }
    return render(request, "ingestion/runs.html", context)


def _if_changed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """304 where the browser has the same already. Form tokens are new each time and count for nothing."""
    digest = blake2b(_TOKEN.sub(b"", response.content), digest_size=12).hexdigest()
    response["ETag"] = f'"{digest}"'
    response["Cache-Control"] = "private, no-cache"
    return cast(HttpResponse, get_conditional_response(request, etag=response["ETag"], response=response))


@login_required
@require_GET
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run by itself."""
    found = _with_failures(selectors.recent_runs(request.user)).filter(id=run_id).first()
    if found is None:
        raise Http404(_("There is no such run, or you may not see it."))
    return render(request, "ingestion/_run.html", {"row": _rows(request, [found])[0]})


def _with_failures(shown: QuerySet[Run]) -> QuerySet[Run]:
    failed = Document.objects.filter(status=Document.Status.FAILED).order_by("created_at")
    return shown.prefetch_related(Prefetch("documents", failed[:_FAILURES_SHOWN], to_attr="failures"))


def _rows(request: HttpRequest, shown: Sequence[Run]) -> list[RunRow]:
    """``shown`` carry their failures. An index is for those who manage the collection."""
    changeable = {action: _with_right(request, action, shown) for action in (Action.EDIT, Action.MANAGE)}
    progress, unplaced = run_progress(shown), unplaced_by_run(shown)
    return [
        RunRow(
            run=item,
            progress=progress[item.pk],
            failures=vars(item)["failures"],
            may_change=item.collection_id
            in changeable[Action.MANAGE if item.kind == Run.Kind.REEMBED else Action.EDIT],
            unplaced=unplaced.get(item.pk, []),
            may_pause=item.source_id is not None and item.collection_id in changeable[Action.MANAGE],
        )
        for item in shown
    ]


def _with_right(request: HttpRequest, action: Action, shown: Sequence[Run]) -> set[UUID]:
    collections = {item.collection_id for item in shown}
    allowed = access.collections_for(request.user, action).filter(pk__in=collections)
    return set(allowed.values_list("pk", flat=True))
