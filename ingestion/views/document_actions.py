"""Retry, cancel and delete: for one document, for ticked ones, for a whole run or all that failed."""

from collections.abc import Callable, Iterable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.roles import Action
from ingestion import access, runs, selectors, services
from ingestion.errors import BadCollection
from ingestion.models import Collection, Document, Run
from ingestion.views.collections import documents_context
from ingestion.views.parts import asks_for_part
from search.errors import SearchError

_ACTIONS: dict[str, Callable[[Document], None]] = {
    "retry": lambda document: services.retry_document(document=document),
    "cancel": lambda document: services.cancel_document(document=document),
    "delete": lambda document: services.delete_document(document=document),
}


def _apply(action: str, documents: Iterable[Document]) -> int:
    done = 0
    for document in documents:
        _ACTIONS[action](document)
        done += 1
    return done


@login_required
@require_POST
def one(request: HttpRequest, document_id: UUID, action: str) -> HttpResponse:
    document = access.get_document(request.user, document_id, Action.EDIT)
    _apply(action, [document])
    if action == "delete" and not asks_for_part(request):
        messages.success(request, _("“%(name)s” is deleted.") % {"name": document.name})
    return _answer(request, document.collection)


@login_required
@require_POST
def ticked(request: HttpRequest, slug: str) -> HttpResponse:
    """The documents whose boxes are ticked; those of other collections are left alone."""
    collection = access.get_collection(request.user, slug, Action.EDIT)
    action = request.POST.get("action", "")
    if action in _ACTIONS:
        ids = [text for text in request.POST.getlist("ids") if _is_id(text)]
        count = _apply(action, collection.documents.filter(id__in=ids))
        if not asks_for_part(request):
            changed = ngettext("%(count)d document changed.", "%(count)d documents changed.", count)
            messages.success(request, changed % {"count": count})
    return _answer(request, collection)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _answer(request: HttpRequest, collection: Collection) -> HttpResponse:
    """The list as it is now for htmx; otherwise back to where the form stood."""
    if asks_for_part(request):
        return render(request, "ingestion/_documents.html", documents_context(request, collection))
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        return redirect(target)
    return redirect(collection)


@login_required
@require_POST
def run(request: HttpRequest, run_id: UUID, action: str) -> HttpResponse:
    """Retries what failed in a run, or cancels what is still in work. The index of a collection is for
    those who manage it."""
    found = selectors.recent_runs(request.user).filter(id=run_id).first()
    if found is None:
        raise Http404(_("There is no such run, or you may not see it."))
    needed = Action.MANAGE if found.kind == Run.Kind.REEMBED else Action.EDIT
    access.get_collection(request.user, found.collection.slug, needed)
    try:
        if action == "cancel":
            runs.cancel_run(found)
        else:
            runs.retry_run(found)
    except (BadCollection, SearchError) as error:
        messages.error(request, str(error))
    return redirect(reverse("runs") + f"#run-{run_id}")


@login_required
@require_POST
def retry_failed(request: HttpRequest) -> HttpResponse:
    """Retries every failed document that the person may edit."""
    count = runs.retry_all_failed(request.user)
    queued = ngettext("%(count)d document is tried again.", "%(count)d documents are tried again.", count)
    messages.success(request, queued % {"count": count})
    return redirect("runs")
