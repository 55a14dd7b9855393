"""Taking files from the browser: one by one with a progress bar, or as a plain form."""

from collections.abc import Iterator
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.roles import Action
from ingestion import access, services
from ingestion.forms import signed_in
from ingestion.intake import Taken, take_upload
from ingestion.models import Collection, Document, Run

_STATUS = {"too_large": 413, "disk_full": 507}
# Up to so many duplicates are named one by one.
_NAMED = 5


@login_required
@require_POST
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Every ``file`` of the form; of an archive, the files in it. A script that sends one at a time gets
    JSON and passes ``run`` on."""
    collection = access.get_collection(request.user, slug, Action.EDIT)
    user, run = signed_in(request.user), _run(request, collection)
    taken = [
        item
        for file in request.FILES.getlist("file")
        for item in take_upload(
            collection=collection, file=file, name=_path(request, file.name or ""), by=user, run=run
        )
    ]
    if request.headers.get("X-Requested-With") == "fetch":
        return _as_json(taken, run)
    for level, text in sentences(taken):
        messages.add_message(request, level, text)
    return redirect(collection)


def _path(request: HttpRequest, name: str) -> str:
    """The path of a file within the folder that was dropped, which the script sends apart: browsers' forms
    keep the last part of a name only."""
    path = request.POST.get("path", "")
    return path if path.rpartition("/")[2] == name else name


def _run(request: HttpRequest, collection: Collection) -> Run:
    """The run that the browser began with the first file of this drop, or a new one."""
    try:
        wanted = UUID(request.POST.get("run", ""))
    except ValueError:
        wanted = None
    user = signed_in(request.user)
    known = collection.runs.filter(id=wanted, started_by=user).first() if wanted else None
    return known or services.start_run(collection=collection, kind=Run.Kind.UPLOAD, by=user)


def _as_json(taken: list[Taken], run: Run) -> JsonResponse:
    if not taken:
        return JsonResponse({"detail": _("No file arrived. Choose one and try again.")}, status=400)
    added = [item.added for item in taken if item.added]
    if not added:
        refused = taken[0].refused
        status = _STATUS.get(refused.code, 422) if refused else 422
        return JsonResponse({"detail": str(refused), "run": str(run.id)}, status=status)
    return JsonResponse(
        {
            "id": str(added[0].document.id),
            "duplicate": all(item.is_duplicate for item in added),
            "updated": all(item.is_update for item in added),
            "detail": _detail(taken),
            "run": str(run.id),
        },
        status=202,
    )


def _detail(taken: list[Taken]) -> str:
    """A sentence beside the file in the browser; none for a single file that is simply added."""
    first = taken[0].added
    if len(taken) == 1 and first is not None and first.document.status != Document.Status.FAILED:
        known = {"name": first.document.name}
        if first.is_update:
            return _("This updates “%(name)s”, which was here before.") % known
        return _("Already in this collection as “%(name)s”.") % known if first.is_duplicate else ""
    return " ".join(text for _level, text in sentences(taken))


def sentences(taken: list[Taken]) -> Iterator[tuple[int, str]]:
    """What happened, as Django messages: (level, sentence)."""
    if not taken:
        yield messages.ERROR, _("No file arrived. Choose one and try again.")
    new = [
        item.added.document
        for item in taken
        if item.added and not (item.added.is_duplicate or item.added.is_update)
    ]
    failed = [document for document in new if document.status == Document.Status.FAILED]
    if count := len(new) - len(failed):
        text = ngettext("%(count)d file added.", "%(count)d files added.", count)
        yield messages.SUCCESS, text % {"count": count}
    if count := sum(1 for item in taken if item.added and item.added.is_update):
        text = ngettext(
            "%(count)d document of the same name gets the new content.",
            "%(count)d documents of the same name get the new content.",
            count,
        )
        yield messages.SUCCESS, text % {"count": count}
    duplicates = [item for item in taken if item.added and item.added.is_duplicate]
    if len(duplicates) > _NAMED:
        text = ngettext(
            "%(count)d file is in this collection already.",
            "%(count)d files are in this collection already.",
            len(duplicates),
        )
        yield messages.WARNING, text % {"count": len(duplicates)}
    for item in duplicates if len(duplicates) <= _NAMED else []:
        known = {"name": item.name, "known": item.added.document.name if item.added else ""}
        yield messages.WARNING, _("%(name)s is in this collection already, as “%(known)s”.") % known
    for document in failed:
        yield messages.ERROR, f"{document.name}: {_(document.error)}"
    for item in taken:
        if item.refused:
            yield messages.ERROR, f"{item.name}: {item.refused}"
