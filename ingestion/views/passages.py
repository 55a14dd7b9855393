"""Passages by hand: edit, switch off, bring back, add; and what to do with edits that lost their place."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.roles import Action
from ingestion import access, passage_edits, passage_selectors, selectors
from ingestion.finding import passage_url
from ingestion.forms import signed_in
from ingestion.models import Chunk, Document, PassageEdit
from ingestion.passage_edits import BadPassage
from ingestion.passage_forms import NewPassageForm, PassageForm

_CANDIDATES = 100


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, document_id: UUID, chunk_id: str) -> HttpResponse:
    document, chunk = _passage(request, document_id, chunk_id)
    form = PassageForm(request.POST or None, initial={"text": chunk.text})
    if form.is_valid():
        try:
            made = passage_edits.edit_passage(
                chunk=chunk, text=form.cleaned_data["text"], by=signed_in(request.user)
            )
        except BadPassage as error:
            form.add_error("text", str(error))
        else:
            messages.success(request, _("Saved. It is searched like this in a moment."))
            return redirect(_address(document, made))
    context = {"document": document, "form": form, "chunk": chunk, "original": _original(document, chunk)}
    return render(request, "ingestion/passage_form.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """``?after=`` names the passage below which it belongs."""
    document = access.get_document(request.user, document_id, Action.EDIT)
    after = selectors.chunk(document, request.GET.get("after", ""))
    initial = {"heading": after.heading, "page": after.page} if after else None
    form = NewPassageForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            made = passage_edits.add_passage(
                document=document, by=signed_in(request.user), after=after, **form.cleaned_data
            )
        except BadPassage as error:
            form.add_error("text", str(error))
        else:
            messages.success(request, _("Added. It can be found in a moment."))
            return redirect(_address(document, made))
    context = {"document": document, "form": form, "after": after, "is_new": True}
    return render(request, "ingestion/passage_form.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def disable(request: HttpRequest, document_id: UUID, chunk_id: str) -> HttpResponse:
    document, chunk = _passage(request, document_id, chunk_id)
    by = signed_in(request.user)
    return _done(request, document, lambda: passage_edits.disable_passage(chunk=chunk, by=by))


@login_required
@require_POST
def undo(request: HttpRequest, document_id: UUID, edit_id: UUID) -> HttpResponse:
    document, found = _edit(request, document_id, edit_id)
    by = signed_in(request.user)
    return _done(request, document, lambda: passage_edits.undo(edit=found, by=by))


@login_required
@require_POST
def dismiss(request: HttpRequest, document_id: UUID, edit_id: UUID) -> HttpResponse:
    document, found = _edit(request, document_id, edit_id)
    by = signed_in(request.user)
    return _done(request, document, lambda: passage_edits.dismiss(edit=found, by=by))


@login_required
@require_http_methods(["GET", "POST"])
def place(request: HttpRequest, document_id: UUID, edit_id: UUID) -> HttpResponse:
    """Passages to choose from; ``?q=`` keeps those that hold some words."""
    document, found = _edit(request, document_id, edit_id)
    if request.method == "POST":
        chunk = selectors.chunk(document, request.POST.get("chunk", ""))
        if chunk is None:
            messages.error(request, _("Choose the passage where it belongs."))
        else:
            by = signed_in(request.user)
            return _done(request, document, lambda: passage_edits.place(edit=found, chunk=chunk, by=by))
    words = request.GET.get("q", "").strip()[:200]
    rows = [row for row in passage_selectors.passage_rows(document) if row.chunk and not row.edit]
    rows = [row for row in rows if words.casefold() in row.text.casefold()]
    context = {
        "document": document,
        "edit": found,
        "words": words,
        "rows": rows[:_CANDIDATES],
        "more": max(0, len(rows) - _CANDIDATES),
    }
    return render(request, "ingestion/passage_place.html", context)


@login_required
@require_GET
def changes(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Who changed what."""
    document = access.get_document(request.user, document_id, Action.EDIT)
    context = {
        "document": document,
        "edits": passage_selectors.passage_history(document),
        "unplaced": passage_selectors.unplaced(document),
    }
    return render(request, "ingestion/passage_changes.html", context)


def _passage(request: HttpRequest, document_id: UUID, chunk_id: str) -> tuple[Document, Chunk]:
    document = access.get_document(request.user, document_id, Action.EDIT)
    chunk = selectors.chunk(document, chunk_id)
    if chunk is None:
        raise Http404(_("This passage is gone: the document was changed or deleted."))
    return document, chunk


def _edit(request: HttpRequest, document_id: UUID, edit_id: UUID) -> tuple[Document, PassageEdit]:
    document = access.get_document(request.user, document_id, Action.EDIT)
    found = document.passage_edits.filter(pk=edit_id).first()
    if found is None:
        raise Http404(_("There is no such change."))
    return document, found


def _done(request: HttpRequest, document: Document, work: Callable[[], object]) -> HttpResponse:
    try:
        made = work()
    except BadPassage as error:
        messages.error(request, str(error))
        return redirect(document)
    messages.success(request, _("Saved. The index follows in a moment."))
    if isinstance(made, PassageEdit) and made.kind != PassageEdit.Kind.DISABLE:
        return redirect(_address(document, made))
    return redirect(f"{document.get_absolute_url()}#passages-by-hand")


def _address(document: Document, made: PassageEdit) -> str:
    chunk = made.chunks.first()
    return passage_url(document.pk, chunk.pk) if chunk else document.get_absolute_url()


def _original(document: Document, chunk: Chunk) -> str:
    """What stands in the document where the passage has another text."""
    content = selectors.document_text(document)
    return content.text[chunk.start : chunk.end] if content and chunk.edit_id else ""
