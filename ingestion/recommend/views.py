"""The lists of the start page, subscriptions, and what a person decides about what is noted of them."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from ingestion import access
from ingestion.recommend import selectors, services
from ingestion.recommend.fresh import Fresh, new_since
from ingestion.recommend.related import related
from ingestion.recommend.visits import seen
from ingestion.views.parts import page_or_part


@login_required
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Both lists; the start page fetches them when it is there, so that they cost the search box nothing."""
    user = cast(User, request.user)
    context = {"related": [], "fresh": Fresh([]), "is_on": selectors.is_on(user)}
    if context["is_on"]:
        reader = seen(user.pk, timezone.now())
        fresh = new_since(user, reader.before)
        context |= {"fresh": fresh, "related": related(user, besides=fresh.documents)}
    return page_or_part(request, "ingestion/recommend/start.html", "ingestion/recommend/_start.html", context)


@login_required
@require_POST
def subscribe(request: HttpRequest, slug: str) -> HttpResponse:
    """``on`` is 1 or 0."""
    user = cast(User, request.user)
    collection = access.get_collection(user, slug)
    if request.POST.get("on") == "1":
        services.subscribe(user=user, collection=collection)
        told = (
            _("Your start page tells you what is new in “%(name)s”.")
            if selectors.is_on(user)
            else _("You follow “%(name)s”. Your suggestions are switched off: switch them on in the settings "
                   "to be told what is new there.")
        )  # fmt: skip
        messages.success(request, told % {"name": collection})
    else:
        services.unsubscribe(user=user, collection=collection)
        messages.success(request, _("You no longer follow “%(name)s”.") % {"name": collection})
    return redirect("reading" if request.POST.get("back") == "reading" else collection)


@login_required
@require_http_methods(["GET", "POST"])
def reading(request: HttpRequest) -> HttpResponse:
    """What is noted; a post switches it ``on`` or ``off``, or does ``clear`` it."""
    user = cast(User, request.user)
    if request.method == "POST":
        _decide(request, user, request.POST.get("do", ""))
        return redirect("reading")
    context = {
        "is_on": selectors.is_on(user),
        "documents": selectors.read_documents(user),
        "searches": selectors.read_searches(user),
        "subscribed": selectors.subscribed(user),
    }
    return render(request, "ingestion/recommend/reading.html", context)


def _decide(request: HttpRequest, user: User, do: str) -> None:
    if do == "clear":
        services.clear(user=user)
        messages.success(request, _("What you read and searched for is forgotten."))
    elif do == "off":
        services.switch(user=user, is_on=False)
        messages.success(request, _("Nothing is noted any more, and what was noted is forgotten."))
    elif do == "on":
        services.switch(user=user, is_on=True)
        messages.success(request, _("From now on what you read is noted, for you alone."))
