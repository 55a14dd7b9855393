"""Taking files from the browser: one by one with a progress bar, or as a plain form."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.roles import Action
from ingestion import access, services
from ingestion.errors import RefusedFile
from ingestion.forms import signed_in
from ingestion.models import Collection, Run
from ingestion.services import Added

_STATUS = {"too_large": 413, "disk_full": 507}


@dataclass(frozen=True, slots=True)
class Outcome:
    """``added`` is ``None`` where ``refused`` says why."""

    name: str
    added: Added | None = None
    refused: RefusedFile | None = None


@login_required
@require_POST
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Every ``file`` of the form. A script that sends one at a time gets JSON and passes ``run`` on."""
    collection = access.get_collection(request.user, slug, Action.EDIT)
    user, run = signed_in(request.user), _run(request, collection)
    files = request.FILES.getlist("file")
    outcomes = [_add(collection, file, user, run) for file in files]
    if request.headers.get("X-Requested-With") == "fetch":
        return _as_json(outcomes, run)
    for level, text in _sentences(outcomes):
        messages.add_message(request, level, text)
    return redirect(collection)


def _run(request: HttpRequest, collection: Collection) -> Run:
    """The run that the browser began with the first file of this drop, or a new one."""
    try:
        wanted = UUID(request.POST.get("run", ""))
    except ValueError:
        wanted = None
    user = signed_in(request.user)
    known = collection.runs.filter(id=wanted, started_by=user).first() if wanted else None
    return known or services.start_run(collection=collection, kind=Run.Kind.UPLOAD, by=user)


def _add(collection: Collection, file: "UploadedFile[bytes]", user: User, run: Run) -> Outcome:
    name = file.name or ""
    try:
        return Outcome(name, services.add_file(collection=collection, file=file, name=name, by=user, run=run))
    except RefusedFile as error:
        return Outcome(name, refused=error)


def _as_json(outcomes: list[Outcome], run: Run) -> JsonResponse:
    if not outcomes:
        return JsonResponse({"detail": _("No file arrived. Choose one and try again.")}, status=400)
    outcome = outcomes[0]
    if outcome.added is None:
        error = outcome.refused
        status = _STATUS.get(error.code, 422) if error else 422
        return JsonResponse({"detail": str(error), "run": str(run.id)}, status=status)
    document, is_duplicate = outcome.added.document, outcome.added.is_duplicate
    detail = _("Already in this collection as “%(name)s”.") % {"name": document.name} if is_duplicate else ""
    return JsonResponse(
        {"id": str(document.id), "duplicate": is_duplicate, "detail": detail, "run": str(run.id)}, status=202
    )


def _sentences(outcomes: list[Outcome]) -> Iterator[tuple[int, str]]:
    if not outcomes:
        yield messages.ERROR, _("No file arrived. Choose one and try again.")
    count = sum(1 for item in outcomes if item.added and not item.added.is_duplicate)
    if count:
        yield (
            messages.SUCCESS,
            ngettext("%(count)d file added.", "%(count)d files added.", count) % {"count": count},
        )
    for item in outcomes:
        if item.refused:
            yield messages.ERROR, f"{item.name}: {item.refused}"
        elif item.added and item.added.is_duplicate:
            known = {"name": item.name, "known": item.added.document.name}
            yield messages.WARNING, _("%(name)s is in this collection already, as “%(known)s”.") % known
