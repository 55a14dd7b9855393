"""The evaluation page and the page of one golden set."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.roles import Action
from ingestion import access, golden_selectors, golden_sets, golden_transfer
from ingestion.forms import signed_in
from ingestion.golden_forms import ImportForm, NameForm, QuestionForm, RunForm, SetForm
from ingestion.golden_plot import plot
from ingestion.golden_sets import BadGoldenSet
from ingestion.models import GoldenRun, GoldenSet
from ingestion.split_forms import most_tokens

_QUESTIONS = 25


@login_required
@require_http_methods(["GET", "POST"])
def evaluation(request: HttpRequest) -> HttpResponse:
    """All sets that the person may read, and a form for a new one."""
    editable = access.collections_for(request.user, Action.EDIT).order_by("name")
    form = SetForm(
        request.POST or None, collections=editable, initial={"collection": request.GET.get("c", "")}
    )
    if form.is_valid():
        try:
            made = golden_sets.create_set(
                collection=form.cleaned_data["collection"],
                name=form.cleaned_data["name"],
                by=signed_in(request.user),
            )
        except BadGoldenSet as error:
            form.add_error("name", str(error))
        else:
            return redirect(made)
    context = {"sets": golden_selectors.sets_for(request.user), "form": form, "may_add": editable.exists()}
    return render(request, "evaluation/index.html", context, status=422 if form.is_bound else 200)


def when_posted(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A form that was refused stays at its address; a reload of it, by GET, leads to the set."""

    @login_required
    @require_http_methods(["GET", "POST"])
    @wraps(view)
    def answer(request: HttpRequest, set_id: UUID, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "GET":
            return redirect("golden-set", set_id)
        return view(request, set_id, *args, **kwargs)

    return answer


@login_required
@require_GET
def one(request: HttpRequest, set_id: UUID) -> HttpResponse:
    return set_page(request, golden_selectors.get_set(request.user, set_id))


def set_page(request: HttpRequest, shown: GoldenSet, **forms: Any) -> HttpResponse:
    """The page of a set, with forms that were refused."""
    text, only = request.GET.get("text", "")[:200], request.GET.get("only", "")
    questions = golden_selectors.questions_of(shown, text, only)
    ended = golden_selectors.ended_runs(shown)
    baseline = _baseline(ended, request.GET.get("baseline", ""))
    may_edit = access.may(request.user, shown.collection, Action.EDIT)
    found = golden_selectors.differences(baseline, ended)
    context = {
        "golden_set": shown,
        "collection": shown.collection,
        "may_edit": may_edit,
        "question_total": shown.questions.count(),
        "open_total": golden_selectors.open_count(shown),
        "page": Paginator(questions, _QUESTIONS).get_page(request.GET.get("page", "1")),
        "text": text,
        "only": only,
        "in_work": golden_selectors.runs_in_work(shown),
        "rows": [(run, found.get(run.pk)) for run in ended],
        "has_answers": any("answer_hit" in run.figures for run in ended),
        "done_total": sum(run.state == GoldenRun.State.DONE for run in ended),
        "baseline": baseline,
        "plot": plot(ended),
        "rename_form": NameForm(initial={"name": shown.name}),
        "import_form": ImportForm(),
        "question_form": QuestionForm(),
        **forms,
    }
    if may_edit:
        context.setdefault("run_form", RunForm(most=most_tokens(shown.collection)))
    refused = any(getattr(form, "is_bound", False) for form in forms.values())
    return render(request, "evaluation/set.html", context, status=422 if refused else 200)


def _baseline(ended: list[GoldenRun], wanted: str) -> GoldenRun | None:
    """The finished run that the others are held against: the wanted one, else the first that searched the
    collection as it is, by words and meaning, else the first."""
    done = [run for run in reversed(ended) if run.state == GoldenRun.State.DONE]
    chosen = [run for run in done if str(run.pk) == wanted]
    usual = [
        run
        for run in done
        if run.config.get("mode") == "hybrid"
        and not any(
            run.config.get(name) is not None for name in ("chunk_tokens", "split_preset", "embedding")
        )
    ]
    return next(iter([*chosen, *usual, *done]), None)


@when_posted
def rename(request: HttpRequest, set_id: UUID) -> HttpResponse:
    shown = golden_selectors.get_set(request.user, set_id, Action.EDIT)
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            golden_sets.rename_set(golden_set=shown, name=form.cleaned_data["name"])
        except BadGoldenSet as error:
            form.add_error("name", str(error))
        else:
            return redirect(shown)
    return set_page(request, shown, rename_form=form)


@login_required
@require_POST
def delete(request: HttpRequest, set_id: UUID) -> HttpResponse:
    shown = golden_selectors.get_set(request.user, set_id, Action.EDIT)
    golden_sets.delete_set(golden_set=shown)
    messages.success(request, _("The golden set “%(name)s” is deleted.") % {"name": shown.name})
    return redirect("evaluation")


@when_posted
def bring(request: HttpRequest, set_id: UUID) -> HttpResponse:
    """Imports files and shows what could not be matched."""
    shown = golden_selectors.get_set(request.user, set_id, Action.EDIT)
    form = ImportForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            report = golden_transfer.import_set(golden_set=shown, files=form.contents)
        except BadGoldenSet as error:
            form.add_error("upload", str(error))
        else:
            if not report.problems:
                messages.success(request, golden_transfer.summary(report))
                return redirect(shown)
            context = {"golden_set": shown, "collection": shown.collection, "report": report}
            return render(request, "evaluation/report.html", context)
    return set_page(request, shown, import_form=form)


@login_required
@require_POST
def match(request: HttpRequest, set_id: UUID) -> HttpResponse:
    """Looks again for documents that an import did not find."""
    shown = golden_selectors.get_set(request.user, set_id, Action.EDIT)
    found = golden_transfer.match_again(golden_set=shown)
    said = ngettext("%(count)d more document was found.", "%(count)d more documents were found.", found)
    messages.success(request, said % {"count": found})
    return redirect(shown)


@login_required
@require_GET
def export(request: HttpRequest, set_id: UUID, kind: str) -> StreamingHttpResponse:
    shown = golden_selectors.get_set(request.user, set_id)
    lines = golden_transfer.as_csv(shown) if kind == "csv" else golden_transfer.as_json_lines(shown)
    mime = "text/csv; charset=utf-8" if kind == "csv" else "application/jsonl; charset=utf-8"
    response = StreamingHttpResponse((line.encode() for line in [*lines]), content_type=mime)
    name = slugify(shown.name) or "golden-set"
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
