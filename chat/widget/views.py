"""The pages of a collection's editors: their widgets, and what visitors asked."""

from typing import Any, cast
from uuid import UUID

from csp.decorators import csp_update
from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.roles import Action
from chat import freshness
from chat.turns import turns_of
from chat.widget import selectors, services, tokens
from chat.widget.forms import NewWidget, WidgetForm
from chat.widget.frame_views import asked_language, framed, with_policy
from ingestion.access import get_collection, may
from ingestion.models import Collection

_ROWS = 50


@login_required
@require_http_methods(["GET", "POST"])
def widgets(request: HttpRequest, slug: str) -> HttpResponse:
    """The list; a post makes a new one."""
    collection = get_collection(request.user, slug, Action.EDIT)
    form = NewWidget(request.POST or None)
    if form.is_valid():
        made = services.make_widget(collection=collection, by=cast(User, request.user), **form.cleaned_data)
        return redirect(made)
    context = {"widgets": selectors.widgets_of(collection), "form": form}
    return _page(request, "widgets", collection, context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "POST"])
@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]  # it knows no further arguments
def widget(request: HttpRequest, slug: str, widget_id: UUID) -> HttpResponse:
    shown = selectors.get_widget(request.user, slug, widget_id)
    form = WidgetForm.of(shown, request.POST or None)
    if form.is_valid():
        services.change_widget(widget=shown, **form.cleaned_data)
        flash.success(request, _("Saved. Pages that are open show it after a reload."))
        return redirect(shown)
    site = request.build_absolute_uri("/").rstrip("/")
    context = {
        "widget": shown,
        "form": form,
        "site": site,
        "script": site + reverse("widget-script", args=[shown.pk]),
        "is_public": selectors.links_documents(shown),
    }
    return _page(request, "widget", shown.collection, context, status=422 if form.is_bound else 200)


@login_required
@require_GET
@xframe_options_exempt
def preview(request: HttpRequest, slug: str, widget_id: UUID) -> HttpResponse:
    """The chat as visitors see it, for the frame on its own page; it works where the widget is off, too."""
    shown = selectors.get_widget(request.user, slug, widget_id)
    site = request.build_absolute_uri("/").rstrip("/")
    language = asked_language(request, shown)
    visitor = tokens.new_visitor(shown.pk, site, is_preview=True)
    with translation.override(language):
        response = framed(request, shown, language, token=tokens.sealed(visitor))
    return with_policy(response, ["'self'"])


@login_required
@require_POST
def switch(request: HttpRequest, slug: str, widget_id: UUID) -> HttpResponse:
    shown = selectors.get_widget(request.user, slug, widget_id)
    services.change_widget(widget=shown, is_on=request.POST.get("on") == "1")
    flash.success(
        request, _("The widget is on.") if shown.is_on else _("The widget is off: no page shows it.")
    )
    return redirect(shown)


@login_required
@require_POST
def delete(request: HttpRequest, slug: str, widget_id: UUID) -> HttpResponse:
    shown = selectors.get_widget(request.user, slug, widget_id)
    services.delete_widget(widget=shown)
    flash.success(request, _("“%(name)s” and its conversations are deleted.") % {"name": shown.name})
    return redirect("collection-widgets", slug)


@login_required
@require_http_methods(["GET", "POST"])
def talks(request: HttpRequest, slug: str, widget_id: UUID) -> HttpResponse:
    """What visitors asked; a post deletes all of it."""
    shown = selectors.get_widget(request.user, slug, widget_id)
    if request.method == "POST":
        count = services.delete_talks(widget=shown)
        said = ngettext("%(count)d conversation is deleted.", "%(count)d conversations are deleted.", count)
        flash.success(request, said % {"count": count})
        return redirect("widget-talks", slug, widget_id)
    page = Paginator(selectors.talks_of(shown), _ROWS).get_page(request.GET.get("page", "1"))
    return _page(request, "talks", shown.collection, {"widget": shown, "page": page})


@login_required
@require_http_methods(["GET", "POST"])
def talk(request: HttpRequest, slug: str, widget_id: UUID, conversation_id: UUID) -> HttpResponse:
    """One conversation as the editors read it; a post deletes it."""
    shown = selectors.get_widget(request.user, slug, widget_id)
    found = selectors.get_talk(shown, conversation_id)
    if request.method == "POST":
        services.delete_talk(talk=found)
        flash.success(request, _("The conversation is deleted."))
        return redirect("widget-talks", slug, widget_id)
    turns = turns_of(found.conversation)
    freshness.remember(turn.answer for turn in turns)
    context = {"widget": shown, "talk": found, "turns": turns}
    return _page(request, "talk", shown.collection, context)


def _page(
    request: HttpRequest, name: str, collection: Collection, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    shared = {
        "collection": collection,
        "may_edit": True,
        "may_manage": may(request.user, collection, Action.MANAGE),
    }
    return render(request, f"chat/widget/{name}.html", shared | context, status=status)
