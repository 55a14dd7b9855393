"""Retry, cancel, delete and read again: for one document, for ticked ones, for a whole run or all that
failed."""

from collections.abc import Callable, Sequence
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.roles import Action
from ingestion import access, rereading, runs, selectors, services
from ingestion.errors import BadCollection, IngestionError
from ingestion.forms import signed_in
from ingestion.models import Collection, Document, Run
from ingestion.views.collections import documents_context
from ingestion.views.parts import asks_for_part
from search.errors import SearchError


def _retry(document: Document, by: User, _run: Run | None) -> None:
    services.retry_documents(Document.objects.filter(Q(pk=document.pk) | Q(replaces=document)), by=by)


def _cancel(document: Document, by: User, _run: Run | None) -> None:
    services.cancel_documents(Document.objects.filter(pk=document.pk), by=by)
    rereading.drop_updates(Document.objects.filter(pk=document.pk))


_ACTIONS: dict[str, Callable[[Document, User, Run | None], object]] = {
    "retry": _retry,
    "cancel": _cancel,
    "delete": lambda document, _by, _run: services.delete_document(document=document),
    "reread": lambda document, by, run: rereading.reread_document(document=document, by=by, run=run),
    "keep": lambda document, _by, _run: rereading.drop_update(document=document),
}


def _apply(action: str, documents: Sequence[Document], by: User) -> int:
    run = None
    if action == "reread" and len(documents) > 1:
        run = services.start_run(collection=documents[0].collection, kind=Run.Kind.REREAD, by=by)
    for document in documents:
        _ACTIONS[action](document, by, run)
    return len(documents)


@login_required
@require_POST
def one(request: HttpRequest, document_id: UUID, action: str) -> HttpResponse:
    document = access.get_document(request.user, document_id, Action.EDIT)
    try:
        _apply(action, [document], signed_in(request.user))
    except IngestionError as error:
        messages.error(request, str(error))
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
        found = list(selectors.documents_of(collection).filter(id__in=ids).select_related("collection"))
        count = _apply(action, found, signed_in(request.user))
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


@login_required
@require_POST
def replace(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Another file takes the document's place; the present text is searched until it is ready."""
    document = access.get_document(request.user, document_id, Action.EDIT)
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, _("No file arrived. Choose one and try again."))
        return redirect(document)
    name = services.clean_name(file.name or "")
    try:
        added = rereading.replace_document(
            document=document, file=file, name=name, by=signed_in(request.user)
        )
    except IngestionError as error:
        messages.error(request, str(error))
    else:
        if added.is_duplicate:
            messages.info(request, _("This is the same file as before. Nothing has changed."))
    return redirect(document)


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
            runs.cancel_run(found, by=signed_in(request.user))
        else:
            runs.retry_run(found, by=signed_in(request.user))
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
