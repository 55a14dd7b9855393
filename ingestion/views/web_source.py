"""A website as a source: looking at it before it is one, and its settings."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.roles import Action
from ingestion import access, site_preview, source_selectors, web_sources
from ingestion.errors import IngestionError
from ingestion.forms import signed_in
from ingestion.models import Collection, Source
from ingestion.schedules import BadSchedule
from ingestion.web_source_forms import WebSourceForm, time_zones

_PARTS = {"site": "ingestion/_web_site.html", "site-preview": "ingestion/_web_preview.html"}


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """``?address=`` fills the address in. A post saves; looking is ``look``."""
    collection = access.get_collection(request.user, slug, Action.MANAGE)
    if request.method == "GET":
        return _page(request, collection, None, WebSourceForm.empty(request.GET.get("address", "")[:1000]))
    form = WebSourceForm(request.POST)
    if form.is_valid():
        by = signed_in(request.user)
        try:
            return redirect(web_sources.add_web_source(collection=collection, by=by, wanted=form.wanted()))
        except IngestionError as error:
            _tell(form, error)
    return _page(request, collection, None, form, settings_open=True, status=422)


@login_required
@require_POST
def look(request: HttpRequest, slug: str) -> HttpResponse:
    """What a source with these settings would take. Nothing is saved."""
    collection = access.get_collection(request.user, slug, Action.MANAGE)
    return _looked(request, collection, None)


def edit(request: HttpRequest, source: Source) -> HttpResponse:
    """The settings of a source that the person may manage."""
    if request.method != "POST":
        return _page(request, source.collection, source, WebSourceForm.of(source), settings_open=True)
    form = WebSourceForm(request.POST, kept_minutes=_minutes(source))
    if form.is_valid():
        try:
            web_sources.change_web_source(source=source, wanted=form.wanted())
            return redirect(source)
        except IngestionError as error:
            _tell(form, error)
    return _page(request, source.collection, source, form, settings_open=True, status=422)


@login_required
@require_POST
def look_again(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """As ``look``, with changed settings of a source."""
    source = source_selectors.get_source(request.user, source_id)
    return _looked(request, source.collection, source)


def _looked(request: HttpRequest, collection: Collection, source: Source | None) -> HttpResponse:
    form = _typed(request, source)
    form.is_valid()
    part = request.headers.get("HX-Target", "")
    context: dict[str, Any] = {"settings_open": not _is_first_look(request)}
    if "address" not in form.errors:
        try:
            context["preview"] = site_preview.preview(form.wanted(), afresh=part != "site-preview")
        except IngestionError as error:
            form.add_error("address", str(error))
    if part not in _PARTS:
        return _page(request, collection, source, form, **context | {"settings_open": True})
    context |= _context(collection, source, form) | {"is_answer": True}
    return render(request, _PARTS[part], context)


def _typed(request: HttpRequest, source: Source | None) -> WebSourceForm:
    if _is_first_look(request):
        return WebSourceForm.first_look(request.POST.get("address", "")[:1000])
    return WebSourceForm(request.POST, kept_minutes=_minutes(source))


def _is_first_look(request: HttpRequest) -> bool:
    """Whether the form shows no settings yet."""
    return "reach" not in request.POST and "max_pages" not in request.POST


def _minutes(source: Source | None) -> int:
    return web_sources.settings_of(source).minutes if source else 0


def _tell(form: WebSourceForm, error: IngestionError) -> None:
    form.add_error("crontab" if isinstance(error, BadSchedule) else "address", str(error))


def _context(collection: Collection, source: Source | None, form: WebSourceForm) -> dict[str, Any]:
    return {
        "collection": collection,
        "source": source,
        "form": form,
        "time_zones": time_zones(),
        "may_edit": True,
        "may_manage": True,
    }


def _page(
    request: HttpRequest,
    collection: Collection,
    source: Source | None,
    form: WebSourceForm,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = _context(collection, source, form) | more
    return render(request, "ingestion/web_source_form.html", context, status=status)
