"""Making, listing and withdrawing links, and the page that they lead to."""

from uuid import UUID

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chat.addresses import named_message
from chat.errors import ChatError
from chat.models import Conversation
from chat.not_taken import says_when_gone
from chat.selectors import get_conversation
from chat.sharing import selectors, services
from chat.sharing.models import SharedLink
from chat.sharing.selectors import LinkClosed
from chat.sharing.showing import public_turns
from chat.turns import turns_of, turns_until


@login_required
@require_http_methods(["GET", "POST"])
@says_when_gone
def share(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    found = get_conversation(request.user, conversation_id)
    if not selectors.is_offered():
        return render(request, "chat/sharing/off.html", {"conversation": found}, status=403)
    if request.method == "GET":
        return _page(request, found)
    try:
        link = services.share(
            conversation=found, term=request.POST.get("term", ""), through=named_message(request)
        )
    except ChatError as error:
        return _page(request, found, error=str(error), status=422)
    return redirect(f"{reverse('chat-share', args=[found.pk])}?new={link.pk}#links")


@login_required
@require_safe
def links(request: HttpRequest) -> HttpResponse:
    listed = [(link, _address(request, link)) for link in selectors.links_of(request.user)[:200]]
    return render(request, "chat/sharing/links.html", {"links": listed})


@login_required
@require_POST
@says_when_gone
def withdraw(request: HttpRequest, link_id: int) -> HttpResponse:
    link = selectors.get_link(request.user, link_id)
    services.withdraw(link=link)
    flash.success(
        request, _("The link is withdrawn: whoever opens it now reads that it is no longer shared.")
    )
    if request.POST.get("all") or link.conversation_id is None:
        return redirect("chat-links")
    return redirect("chat-share", link.conversation_id)


@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The read-only page. What searches and caches must not keep says so, also where there is nothing."""
    response = _shared(request, token)
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response


def _shared(request: HttpRequest, token: str) -> HttpResponse:
    if not selectors.may_open(request.user):
        if selectors.is_offered():
            return redirect_to_login(request.get_full_path())
        return render(request, "chat/sharing/off.html", status=403)
    try:
        link = selectors.open_link(token)
    except LinkClosed as closed:
        return render(request, "chat/sharing/closed.html", {"link": closed.link}, status=410)
    except Http404 as error:
        return render(request, "chat/sharing/unknown.html", {"reason": str(error)}, status=404)
    assert link.until is not None
    turns = public_turns(turns_until(link.until), request.user)
    context = {"link": link, "title": link.title, "turns": turns}
    return render(request, "chat/sharing/shared.html", context)


def _page(
    request: HttpRequest, conversation: Conversation, *, error: str = "", status: int = 200
) -> HttpResponse:
    through = named_message(request)
    new = request.GET.get("new", "")
    context = {
        "conversation": conversation,
        "through": through,
        "count": len(turns_of(conversation, through)),
        "links": [(link, _address(request, link)) for link in selectors.links_to(conversation)],
        "new": int(new) if new.isascii() and new.isdecimal() else 0,
        "error": error,
        "term": request.POST.get("term", "7"),
        "for_anyone": selectors.is_for_anyone(),
    }
    return render(request, "chat/sharing/share.html", context, status=status)


def _address(request: HttpRequest, link: SharedLink) -> str:
    return request.build_absolute_uri(link.get_absolute_url())
