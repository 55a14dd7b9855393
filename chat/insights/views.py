"""The pages of insights: of a document, of a text or page, and the list of one's own texts."""

import json
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import rate_limits
from accounts.models import User
from accounts.rate_limits import TooManyRequests
from chat.errors import ChatError
from chat.export_views import as_download
from chat.insights import selectors, services
from chat.insights.errors import BadText, TooManyTexts
from chat.insights.export import in_markdown
from chat.insights.forms import InsightForm, MaterialForm
from chat.insights.kinds import Kind
from chat.insights.models import Insight, Material
from chat.insights.scene import scene, shown_one
from chat.insights.text_page import part_of
from chat.not_taken import status_of
from ingestion import access
from ingestion.models import Document

_REFUSED = (ChatError, TooManyRequests)


@login_required
@require_http_methods(["GET", "POST"])
def of_document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """A post has an insight of the kind it names made."""
    document = access.get_document(request.user, document_id)
    return _page(request, "chat/insights/document.html", document=document)


@login_required
@require_http_methods(["GET", "POST"])
def of_material(request: HttpRequest, material_id: UUID) -> HttpResponse:
    """``?show=text`` is its text, with the words ``?at=`` marked."""
    material = selectors.get_material(request.user, material_id)
    if request.GET.get("show") == "text" and material.text:
        number = request.GET.get("part", "")
        part = part_of(
            material.text, at=request.GET.get("at", ""), number=int(number) if number.isdecimal() else 1
        )
        context = {"material": material, "part": part, "at": request.GET.get("at", "")}
        return render(request, "chat/insights/text.html", context)
    return _page(request, "chat/insights/material.html", material=material)


@login_required
@require_http_methods(["GET", "POST"])
def materials(request: HttpRequest) -> HttpResponse:
    """One's own texts and pages; a post adds one and goes on to it."""
    user = cast(User, request.user)
    form = MaterialForm(request.POST or None, initial={"url": request.GET.get("url", "")})
    if form.is_valid():
        try:
            return redirect(_added(user, form))
        except BadText as error:
            form.add_error("url" if form.cleaned_data["url"].strip() else "text", str(error))
        except TooManyTexts as error:
            form.add_error(None, str(error))
    listed = selectors.materials_of(user).defer("text")
    context = {"form": form, "materials": listed}
    return render(request, "chat/insights/index.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def delete_material(request: HttpRequest, material_id: UUID) -> HttpResponse:
    services.delete_material(material=selectors.get_material(request.user, material_id))
    return redirect("insights")


@login_required
@require_GET
def one(request: HttpRequest, insight_id: UUID) -> HttpResponse:
    """A result alone, for the page that waits for it."""
    insight = selectors.get_insight(request.user, insight_id)
    response = render(request, "chat/insights/_insight.html", shown_one(request.user, insight))
    if not insight.is_live:
        # While it is being written only a part of it is put in anew; now all of it.
        for header in ("HX-Retarget", "HX-Reselect"):
            response[header] = f"#i{insight.pk}"
        response["HX-Trigger-After-Settle"] = json.dumps({"insight:done": {"words": _ended(insight)}})
    return response


@login_required
@require_GET
def file(request: HttpRequest, insight_id: UUID) -> HttpResponse:
    insight = selectors.get_insight(request.user, insight_id)
    return as_download(in_markdown(request.user, insight, request.build_absolute_uri))


@login_required
@require_POST
def redo(request: HttpRequest, insight_id: UUID) -> HttpResponse:
    return _done(request, insight_id, lambda insight: services.redo(insight=insight), limited=True)


@login_required
@require_POST
def stop(request: HttpRequest, insight_id: UUID) -> HttpResponse:
    return _done(request, insight_id, lambda insight: services.stop(insight=insight))


@login_required
@require_POST
def delete(request: HttpRequest, insight_id: UUID) -> HttpResponse:
    insight = selectors.get_insight(request.user, insight_id)
    if selectors.deletable(request.user, [insight]):
        services.delete(insight=insight)
    return redirect(insight.get_absolute_url().partition("#")[0])


def _page(request: HttpRequest, template: str, **about: Document | Material) -> HttpResponse:
    kind = _kind(request)
    form = InsightForm(request.POST or None, kind=kind, **_of_text(**about))  # type: ignore[arg-type]
    error, status = "", 200
    if form.is_valid():
        try:
            rate_limits.take_for(request, "chat")
            insight = services.start(
                owner=cast(User, request.user),
                kind=kind,
                parameters=form.parameters,
                endpoint=form.endpoint,
                **about,  # type: ignore[arg-type]
            )
            return redirect(insight.get_absolute_url())
        except _REFUSED as refused:
            error, status = str(refused), status_of(refused)
    context = scene(request.user, kind=kind, form=form, error=error, **about)  # type: ignore[arg-type]
    return render(request, template, context, status=422 if form.errors else status)


def _of_text(document: Document | None = None, material: Material | None = None) -> dict[str, Any]:
    """What the form needs to know of the text, and whether a model could be asked about it."""
    about = document or material
    assert about is not None
    of_collection = document.collection.llm if document else ""
    return {"language": about.language, "has_model": selectors.has_model(of_collection)}


def _ended(insight: Insight) -> str:
    """What a screen reader hears, once."""
    return f"{insight.get_kind_display()}: {insight.get_status_display()}"


def _kind(request: HttpRequest) -> str:
    named = request.POST.get("kind") or request.GET.get("kind", "")
    return named if named in Kind.values else Kind.SUMMARY


def _added(user: User, form: MaterialForm) -> str:
    text, url = form.cleaned_data["text"], form.cleaned_data["url"].strip()
    if not url:
        return services.add_text(owner=user, text=text).get_absolute_url()
    added: Any = services.add_page(owner=user, url=url)
    if isinstance(added, Document):
        return reverse("document-insights", args=[added.pk])
    return str(added.get_absolute_url())


def _done(
    request: HttpRequest, insight_id: UUID, do: Callable[[Insight], Any], *, limited: bool = False
) -> HttpResponse:
    """Only the owner's."""
    insight = selectors.get_own_insight(request.user, insight_id)
    try:
        if limited:
            rate_limits.take_for(request, "chat")
        do(insight)
    except _REFUSED as refused:
        flash.error(request, str(refused))
    return redirect(insight.get_absolute_url())
