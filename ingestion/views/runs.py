"""Runs: what is being read and indexed, what is done, what failed and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.roles import Action
from ingestion import access, selectors
from ingestion.models import Document, Run

_ROWS = 20
_FAILURES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as the page shows it. ``percent`` counts each document's own progress; ``rate`` is
    passages a second since the start, ``seconds_left`` an estimate, both ``None`` where unknown."""

    run: Run
    percent: int
    rate: float | None
    seconds_left: int | None
    failures: list[Document]
    may_edit: bool


@login_required
@require_GET
def runs(request: HttpRequest) -> HttpResponse:
    has_documents = Exists(Document.objects.filter(run=OuterRef("pk")))
    shown = selectors.recent_runs(request.user).filter(has_documents)
    page = Paginator(_with_documents(shown), _ROWS).get_page(request.GET.get("page", "1"))
    return render(request, "ingestion/runs.html", {"page": page, "rows": _rows(request, list(page))})


@login_required
@require_GET
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run, which the page asks for each second while it is in work."""
    found = _with_documents(selectors.recent_runs(request.user)).filter(id=run_id).first()
    if found is None:
        raise Http404(_("There is no such run, or you may not see it."))
    return render(request, "ingestion/_run.html", {"row": _rows(request, [found])[0]})


def _with_documents(shown: QuerySet[Run]) -> QuerySet[Run]:
    unfinished = Document.objects.filter(status__in=[*selectors.IN_WORK, Document.Status.FAILED])
    return shown.prefetch_related(
        Prefetch("documents", unfinished.order_by("created_at"), to_attr="unfinished")
    )


def _rows(request: HttpRequest, shown: Sequence[Run]) -> list[RunRow]:
    editable = set(access.collections_for(request.user, Action.EDIT).values_list("pk", flat=True))
    return [_row(item, item.collection_id in editable) for item in shown]


def _row(item: Run, may_edit: bool) -> RunRow:
    """``item`` carries the counts of ``selectors.recent_runs`` and its unfinished documents."""
    counts = vars(item)
    total, work, indexed = counts["total"], counts["work"], counts["indexed"]
    waiting = [document for document in counts["unfinished"] if document.is_in_work]
    failures = [document for document in counts["unfinished"] if not document.is_in_work]
    share = (total - work + sum(document.progress for document in waiting) / 100) / max(total, 1)
    elapsed = (timezone.now() - item.created_at).total_seconds()
    is_known = bool(work) and elapsed > 1 and share > 0.05
    return RunRow(
        run=item,
        percent=int(share * 100),
        rate=indexed / elapsed if is_known and indexed else None,
        seconds_left=int(elapsed * (1 - share) / share) if is_known else None,
        failures=failures[:_FAILURES_SHOWN],
        may_edit=may_edit,
    )
