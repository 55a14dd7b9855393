"""“Try on a golden set”: what the settings form would change for the questions, before it is saved."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.roles import Action
from ingestion import access, golden_selectors, golden_trying
from ingestion.forms import signed_in
from ingestion.golden_figures import compare
from ingestion.golden_sets import BadGoldenSet
from ingestion.models import Collection, GoldenRun
from ingestion.synonym_forms import SynonymsForm
from ingestion.views import collections
from ingestion.views.parts import asks_for_part
from search.errors import SearchError

_BUILD = ("chunk_tokens", "chunk_overlap", "split_preset", "embedding")
_DECIDE = (*_BUILD, "dense_weight")


@login_required
@require_http_methods(["GET", "POST"])
def try_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """A post begins the runs; with ``before`` and ``after`` it says how far they are, or what came out.
    Synonyms are for editors, the other settings for managers."""
    is_words = request.method == "GET" or "synonyms" in request.POST
    shown = access.get_collection(request.user, slug, Action.EDIT if is_words else Action.MANAGE)
    if request.method == "GET":
        if not asks_for_part(request):
            return redirect("collection-settings", slug=slug)
        return render(request, "evaluation/_try.html", _state(request, shown))
    context = _begin(request, shown)
    if asks_for_part(request):
        return render(request, "evaluation/_try.html", context)
    if "after" not in context and is_words:
        context |= {"form": SynonymsForm(request.POST), "may_edit": True}
        context["may_manage"] = access.may(request.user, shown, Action.MANAGE)
        return render(request, "ingestion/collection_synonyms.html", context)
    if "after" not in context:
        return collections.previewed(request, shown, context)
    address = reverse("golden-compare", args=[context["after"].golden_set_id])
    return redirect(f"{address}?before={context['before'].pk}&after={context['after'].pk}")


def _begin(request: HttpRequest, shown: Collection) -> dict[str, Any]:
    is_words = "synonyms" in request.POST
    form = SynonymsForm(request.POST) if is_words else collections.posted_settings(request, shown)
    form.is_valid()
    context: dict[str, Any] = {"collection": shown, "golden_sets": list(golden_selectors.sets_of(shown))}
    wrong = [str(text) for name in (*_DECIDE, "synonyms") for text in form.errors.get(name, [])]
    if wrong:
        return context | {"trouble": " ".join(wrong)}
    chosen = next(
        (each for each in context["golden_sets"] if str(each.pk) == request.POST.get("golden_set")), None
    )
    if chosen is None:
        return context | {"trouble": _("Choose a golden set.")}
    try:
        wanted = _wanted(shown, form.cleaned_data, is_words=is_words)
        if not wanted:
            said = _("Nothing differs from what is searched now, so there is nothing to compare.")
            return context | {"trouble": said}
        before, after = golden_trying.try_settings(
            golden_set=chosen, wanted=wanted, by=signed_in(request.user)
        )
    except (BadGoldenSet, SearchError) as error:
        return context | {"trouble": str(error)}
    return context | _outcome(before, after)


def _wanted(shown: Collection, data: dict[str, Any], *, is_words: bool) -> dict[str, Any]:
    """What the form would change, as fields of ``Config``."""
    if is_words:
        return {} if data["synonyms"] == shown.synonyms else {"synonyms": data["synonyms"]}
    given = {name: data.get(name) or (0 if name.startswith("chunk") else "") for name in _BUILD}
    return golden_trying.to_try(shown, given | {"dense_weight": data.get("dense_weight")})


def _state(request: HttpRequest, shown: Collection) -> dict[str, Any]:
    context: dict[str, Any] = {"collection": shown, "golden_sets": list(golden_selectors.sets_of(shown))}
    try:
        runs = [
            golden_selectors.get_run(request.user, UUID(request.GET.get(name, "")))
            for name in ("before", "after")
        ]
    except ValueError:
        return context
    return context | _outcome(*runs)


def _outcome(before: GoldenRun, after: GoldenRun) -> dict[str, Any]:
    context: dict[str, Any] = {
        "before": before,
        "after": after,
        "is_waiting": before.is_in_work or after.is_in_work,
    }
    if before.state == after.state == GoldenRun.State.DONE:
        context["found"] = compare(before, after)
    return context
