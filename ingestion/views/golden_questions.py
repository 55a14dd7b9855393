"""Questions of a golden set, and what is right for them; also from a search result with one click."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.roles import Action
from ingestion import access, golden_selectors, golden_sets, previewing
from ingestion.forms import signed_in
from ingestion.golden_forms import QuestionForm, RightForm
from ingestion.golden_matching import Matcher
from ingestion.golden_sets import BadGoldenSet, Right
from ingestion.models import Chunk, GoldenQuestion, GoldenSet
from ingestion.views.golden_sets import set_page, when_posted
from ingestion.views.parts import asks_for_part


@when_posted
def add(request: HttpRequest, set_id: UUID) -> HttpResponse:
    """The new question is shown by itself, so that its passages can be named next."""
    shown = golden_selectors.get_set(request.user, set_id, Action.EDIT)
    form = QuestionForm(request.POST)
    if form.is_valid():
        try:
            question, is_new = golden_sets.add_question(golden_set=shown, **form.values)
        except BadGoldenSet as error:
            form.add_error("text", str(error))
        else:
            if not is_new:
                messages.info(request, _("This question was in the set already."))
            return redirect("golden-question", set_id, question.pk)
    return set_page(request, shown, question_form=form)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, set_id: UUID, question_id: int) -> HttpResponse:
    shown = golden_selectors.get_set(request.user, set_id, Action.EDIT)
    question = get_object_or_404(GoldenQuestion, pk=question_id, golden_set=shown)
    form = QuestionForm(request.POST) if request.method == "POST" else QuestionForm.of(question)
    if form.is_valid():
        try:
            golden_sets.edit_question(question=question, **form.values)
        except BadGoldenSet as error:
            form.add_error("text", str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect(shown)
    return _question_page(request, shown, question, form, RightForm())


def _question_page(
    request: HttpRequest, shown: GoldenSet, question: GoldenQuestion, form: QuestionForm, right: RightForm
) -> HttpResponse:
    question = GoldenQuestion.objects.prefetch_related("judgements__document").get(pk=question.pk)
    context = {
        "golden_set": shown,
        "collection": shown.collection,
        "question": question,
        "form": form,
        "right_form": right,
        "offered": previewing.offered(shown.collection),
    }
    refused = form.is_bound or right.is_bound
    return render(request, "evaluation/question.html", context, status=422 if refused else 200)


@when_posted
def right(request: HttpRequest, set_id: UUID, question_id: int) -> HttpResponse:
    """Names a document, or a passage of it, that answers the question."""
    shown = golden_selectors.get_set(request.user, set_id, Action.EDIT)
    question = get_object_or_404(GoldenQuestion, pk=question_id, golden_set=shown)
    form = RightForm(request.POST)
    if form.is_valid():
        name, quote = form.cleaned_data["document"].strip(), form.cleaned_data["quote"].strip()
        found, trouble = Matcher(shown.collection, [name]).match(name, quote)
        if not name and not quote:
            form.add_error("document", _("Name a document, or give some of its words."))
        elif trouble:
            form.add_error("quote" if found.document or not name else "document", trouble)
        else:
            golden_sets.add_right(question=question, right=found)
            return redirect("golden-question", set_id, question_id)
    return _question_page(request, shown, question, QuestionForm.of(question), form)


@login_required
@require_POST
def remove(request: HttpRequest, set_id: UUID, question_id: int) -> HttpResponse:
    """Deletes the question, or with ``judgement`` only that."""
    shown = golden_selectors.get_set(request.user, set_id, Action.EDIT)
    question = get_object_or_404(GoldenQuestion, pk=question_id, golden_set=shown)
    wanted = request.POST.get("judgement", "")
    if not wanted:
        golden_sets.delete_question(question=question)
        messages.success(request, _("The question is deleted."))
        return redirect(shown)
    if wanted.isdecimal():
        golden_sets.delete_right(judgement=get_object_or_404(question.judgements, pk=int(wanted)))
    return redirect("golden-question", set_id, question_id)


@login_required
@require_POST
def mark(request: HttpRequest) -> HttpResponse:
    """“This is the right passage” of a search result: for the question ``q``, the passage ``chunk``."""
    chunk = (
        Chunk.objects.select_related("document__collection")
        .filter(pk=request.POST.get("chunk", "")[:32])
        .first()
    )
    if chunk is None:
        raise Http404(_("This passage is not there any more. Search again."))
    collection = access.get_collection(request.user, chunk.document.collection.slug, Action.EDIT)
    chosen = golden_sets.default_set(collection=collection, by=signed_in(request.user))
    context: dict[str, Any] = {"golden_set": chosen, "query": request.POST.get("q", ""), "chunk_id": chunk.pk}
    try:
        right = Right(chunk.document, "", chunk.start, chunk.end, chunk.text)
        golden_sets.add_question(golden_set=chosen, text=request.POST.get("q", ""), rights=[right])
    except BadGoldenSet as error:
        context["trouble"] = str(error)
    if asks_for_part(request):
        return render(request, "evaluation/_marked.html", context)
    messages.success(
        request, context.get("trouble") or _("Added to the golden set “%(name)s”.") % {"name": chosen.name}
    )
    return redirect(reverse("golden-set", args=[chosen.pk]))
