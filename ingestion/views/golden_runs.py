"""Runs of golden sets: starting, watching, comparing."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import Action
from ingestion import access, golden_runs, golden_selectors
from ingestion.forms import signed_in
from ingestion.golden_figures import compare
from ingestion.golden_forms import RunForm
from ingestion.golden_sets import BadGoldenSet
from ingestion.models import GoldenRun
from ingestion.split_forms import most_tokens
from ingestion.views.golden_sets import set_page, when_posted

_RESULTS = 50
_MOVED = 50


@when_posted
def start(request: HttpRequest, set_id: UUID) -> HttpResponse:
    shown = golden_selectors.get_set(request.user, set_id, Action.EDIT)
    form = RunForm(request.POST, most=most_tokens(shown.collection))
    if form.is_valid():
        try:
            golden_runs.start_run(
                golden_set=shown,
                config=form.config,
                label=form.cleaned_data["label"],
                by=signed_in(request.user),
            )
        except BadGoldenSet as error:
            form.add_error(None, str(error))
        else:
            return redirect(shown.get_absolute_url() + "#runs")
    return set_page(request, shown, run_form=form)


@login_required
@require_GET
def live(request: HttpRequest, set_id: UUID) -> HttpResponse:
    """The runs in work; when fewer are than the page shows, the page is loaded anew."""
    shown = golden_selectors.get_set(request.user, set_id)
    in_work = golden_selectors.runs_in_work(shown)
    context = {
        "golden_set": shown,
        "in_work": in_work,
        "may_edit": access.may(request.user, shown.collection, Action.EDIT),
    }
    response = render(request, "evaluation/_in_work.html", context)
    if str(len(in_work)) != request.GET.get("n", ""):
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_GET
def one(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What a run found for each question, the hardest first."""
    run = golden_selectors.get_run(request.user, run_id)
    page = Paginator(golden_selectors.results_of(run), _RESULTS).get_page(request.GET.get("page", "1"))
    context = {
        "run": run,
        "golden_set": run.golden_set,
        "collection": run.golden_set.collection,
        "page": page,
        "may_edit": access.may(request.user, run.golden_set.collection, Action.EDIT),
    }
    return render(request, "evaluation/run.html", context)


@login_required
@require_POST
def act(request: HttpRequest, run_id: UUID, action: str) -> HttpResponse:
    """Cancels or deletes a run, or starts it again."""
    run = golden_selectors.get_run(request.user, run_id, Action.EDIT)
    if action == "cancel":
        golden_runs.cancel_run(run=run)
    elif action == "delete":
        golden_runs.delete_run(run=run)
    else:
        try:
            golden_runs.repeat_run(run=run, by=signed_in(request.user))
        except BadGoldenSet as error:
            messages.error(request, str(error))
    return redirect(run.golden_set.get_absolute_url() + "#runs")


@login_required
@require_GET
def comparison(request: HttpRequest, set_id: UUID) -> HttpResponse:
    """Two runs question by question; while one is in work, the page waits for it."""
    shown = golden_selectors.get_set(request.user, set_id)
    before, after = (_chosen(request, set_id, name) for name in ("before", "after"))
    context = {
        "golden_set": shown,
        "collection": shown.collection,
        "before": before,
        "after": after,
        "pair": (before, after),
        "is_waiting": before.is_in_work or after.is_in_work,
        "moved_at_most": _MOVED,
    }
    if before.state == after.state == GoldenRun.State.DONE:
        context["found"] = compare(before, after)
    return render(request, "evaluation/compare.html", context)


def _chosen(request: HttpRequest, set_id: UUID, name: str) -> GoldenRun:
    try:
        run = golden_selectors.get_run(request.user, UUID(request.GET.get(name, "")))
    except ValueError:
        raise Http404(_("Choose two runs to compare.")) from None
    if run.golden_set_id != set_id:
        raise Http404(_("Choose two runs of one golden set."))
    return run
