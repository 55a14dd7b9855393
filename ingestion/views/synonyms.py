"""Which words mean the same in a collection."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.roles import Action
from ingestion import access, golden_selectors
from ingestion.synonym_forms import SynonymsForm


@login_required
@require_http_methods(["GET", "POST"])
def synonyms(request: HttpRequest, slug: str) -> HttpResponse:
    collection = access.get_collection(request.user, slug, Action.EDIT)
    form = SynonymsForm(request.POST or None, initial={"synonyms": collection.synonyms})
    if form.is_valid():
        form.save(collection)
        messages.success(request, _("Saved. The next search uses them."))
        return redirect("collection-synonyms", slug=slug)
    context = {
        "collection": collection,
        "form": form,
        "golden_sets": list(golden_selectors.sets_of(collection)),
        "may_edit": True,
        "may_manage": access.may(request.user, collection, Action.MANAGE),
    }
    status = 422 if form.is_bound else 200
    return render(request, "ingestion/collection_synonyms.html", context, status=status)
