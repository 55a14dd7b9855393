"""Choosing a folder of the server as a source, for administrators."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import Action
from ingestion import access, folders, sources
from ingestion.folders import FolderUnavailable
from ingestion.forms import signed_in
from ingestion.models import Collection, Source
from ingestion.source_forms import FolderSourceForm, chosen_root

_COUNTED = 20_000
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Crumb:
    name: str
    path: str


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """``?root=`` and ``?path=`` say which folder is chosen so far."""
    collection = _for_administrators(request, slug)
    root, path = chosen_root(request.GET.get("root", "")), request.GET.get("path", "")
    form = FolderSourceForm(request.POST) if request.method == "POST" else FolderSourceForm.empty(root, path)
    if form.is_valid():
        return redirect(
            sources.add_folder_source(collection=collection, by=signed_in(request.user), **form.cleaned_data)
        )
    return _page(request, collection, form, None)


def edit(request: HttpRequest, source: Source) -> HttpResponse:
    """The settings of a folder."""
    collection = _for_administrators(request, source.collection.slug)
    form = FolderSourceForm(request.POST) if request.method == "POST" else FolderSourceForm.of(source)
    if not form.is_bound and "root" in request.GET:
        form.initial["root"] = chosen_root(request.GET["root"])
        form.initial["path"] = request.GET.get("path", "")
    if form.is_valid():
        sources.change_folder_source(source=source, **form.cleaned_data)
        return redirect(source)
    return _page(request, collection, form, source)


@login_required
@require_GET
def count(request: HttpRequest, slug: str) -> HttpResponse:
    """How many files the form's patterns find, as a part of the page."""
    _for_administrators(request, slug)
    form = FolderSourceForm(request.GET)
    form.is_valid()
    return render(request, "ingestion/_source_count.html", _counted(form))


def _for_administrators(request: HttpRequest, slug: str) -> Collection:
    collection = access.get_collection(request.user, slug, Action.MANAGE)
    if not sources.may_add_folders(request.user, collection):
        raise PermissionDenied(_("Only administrators may make folders of the server sources."))
    return collection


def _page(
    request: HttpRequest, collection: Collection, form: FolderSourceForm, source: Source | None
) -> HttpResponse:
    root, path = str(form["root"].value() or ""), str(form["path"].value() or "")
    context = {
        "collection": collection,
        "source": source,
        "form": form,
        "roots": settings.SOURCE_ROOTS,
        **_browsing(root, path),
        **(_counted(form) if form.is_bound else {}),
        "may_edit": True,
        "may_manage": True,
    }
    return render(request, "ingestion/source_form.html", context, status=422 if form.is_bound else 200)


def _browsing(root: str, path: str) -> dict[str, Any]:
    """The folders above and in the chosen one."""
    parts = [part for part in path.split("/") if part]
    crumbs = [Crumb(name, "/".join(parts[: at + 1])) for at, name in enumerate(parts)]
    context: dict[str, Any] = {"root": root, "path": path, "folder_crumbs": crumbs, "subfolders": []}
    if root not in settings.SOURCE_ROOTS:
        return context
    try:
        names = folders.subfolders(root, path)
    except FolderUnavailable as error:
        return context | {"browse_error": str(error)}
    return context | {"subfolders": [Crumb(name, "/".join([*parts, name])) for name in names]}


def _counted(form: FolderSourceForm) -> dict[str, Any]:
    data = form.data
    root, path = str(data.get("root", "")), str(data.get("path", ""))
    if root not in settings.SOURCE_ROOTS:
        return {"is_counted": False}
    include, exclude = (folders.patterns(str(data.get(name, ""))) for name in ("include", "exclude"))
    try:
        found = folders.scan(root, path, include, exclude, at_most=_COUNTED)
    except (FolderUnavailable, OSError) as error:
        return {"is_counted": False, "count_error": str(error)}
    return {
        "is_counted": True,
        "file_total": len(found.files),
        "byte_total": sum(state.size for state in found.files.values()),
        "is_cut": found.is_cut,
        "examples": list(found.files)[:_EXAMPLES],
    }
