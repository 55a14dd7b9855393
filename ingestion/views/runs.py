"""Runs: what is being read and indexed, what is done, what failed and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.roles import Action
from ingestion import access, selectors
from ingestion.models import Document, Run
from ingestion.progress import RunProgress, run_progress

_ROWS = 20
_FAILURES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as the page shows it. ``may_change``: whether this person may cancel and retry it."""

    run: Run
    progress: RunProgress
    failures: list[Document]
    may_change: bool

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
    has_documents = Exists(Document.objects.filter(run=OuterRef("pk")))
    shown = selectors.recent_runs(request.user).filter(Q(kind=Run.Kind.REEMBED) | has_documents)
    page = Paginator(_with_failures(shown), _ROWS).get_page(request.GET.get("page", "1"))
    editable = access.collections_for(request.user, Action.EDIT)
    failed = Document.objects.filter(status=Document.Status.FAILED, collection__in=editable)
    context = {"page": page, "rows": _rows(request, list(page)), "may_retry_all": failed.exists()}
    return render(request, "ingestion/runs.html", context)


@login_required
@require_GET
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run, which the page asks for each second while it is in work."""
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
    progress = run_progress(shown)
    return [
        RunRow(
            run=item,
            progress=progress[item.pk],
            failures=vars(item)["failures"],
            may_change=item.collection_id
            in changeable[Action.MANAGE if item.kind == Run.Kind.REEMBED else Action.EDIT],
        )
        for item in shown
    ]


def _with_right(request: HttpRequest, action: Action, shown: Sequence[Run]) -> set[UUID]:
    collections = {item.collection_id for item in shown}
    allowed = access.collections_for(request.user, action).filter(pk__in=collections)
    return set(allowed.values_list("pk", flat=True))
