"""Tags on a document and on ticked documents."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.roles import Action
from ingestion import access, selectors, tagging
from ingestion.errors import BadCollection
from ingestion.views.collections import documents_context
from ingestion.views.parts import asks_for_part


@login_required
@require_POST
def one(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Adds what is typed in ``tag``, or takes off the tag ``remove``."""
    document = access.get_document(request.user, document_id, Action.EDIT)
    problem = ""
    if taken_off := request.POST.get("remove", ""):
        tagging.remove_tag(document=document, name=taken_off)
    else:
        try:
            names = tagging.names_in(request.POST.get("tag", ""))
            tagging.add_tags(collection=document.collection, documents=[document], names=names)
        except BadCollection as error:
            problem = str(error)
    if not asks_for_part(request):
        if problem:
            messages.error(request, problem)
        return redirect(document)
    context = {
        "document": document,
        "may_edit": True,
        "known_tags": tagging.tags_of([document.collection]),
        "problem": problem,
        "is_changed": True,
    }
    return render(request, "ingestion/_tags.html", context)


@login_required
@require_POST
def ticked(request: HttpRequest, slug: str) -> HttpResponse:
    """Puts what is typed in ``new_tag`` on the documents whose boxes are ticked."""
    collection = access.get_collection(request.user, slug, Action.EDIT)
    ids = [text for text in request.POST.getlist("ids") if _is_id(text)]
    try:
        names = tagging.names_in(request.POST.get("new_tag", ""))
        count = tagging.add_tags(
            collection=collection,
            documents=selectors.documents_of(collection).filter(id__in=ids),
            names=names,
        )
    except BadCollection as error:
        messages.error(request, str(error))
    else:
        done = ngettext("%(count)d document tagged.", "%(count)d documents tagged.", count)
        messages.success(request, done % {"count": count})
    if asks_for_part(request):
        return render(request, "ingestion/_documents.html", documents_context(request, collection))
    return redirect(collection)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
