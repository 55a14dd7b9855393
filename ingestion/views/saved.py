"""Saving a search, renaming and deleting it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ingestion.errors import BadQuery
from ingestion.forms import signed_in
from ingestion.saved_searches import delete_search, rename_search, save_search, saved_by


@login_required
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    query = request.POST.get("query", "")
    try:
        saved = save_search(user=signed_in(request.user), name=request.POST.get("name", ""), query=query)
    except BadQuery as error:
        messages.error(request, str(error))
        return redirect("search")
    messages.success(request, _("Saved. You find “%(name)s” on the search page.") % {"name": saved.name})
    return redirect(f"{reverse('search')}?{saved.query}")


@login_required
@require_POST
def change(request: HttpRequest, saved_id: int) -> HttpResponse:
    """Another name, or with ``delete`` away with it."""
    saved = get_object_or_404(saved_by(request.user), pk=saved_id)
    if "delete" in request.POST:
        delete_search(saved=saved)
        messages.success(request, _("“%(name)s” is deleted.") % {"name": saved.name})
        return redirect("search")
    try:
        rename_search(saved=saved, name=request.POST.get("name", ""))
    except BadQuery as error:
        messages.error(request, str(error))
    return redirect("search")
