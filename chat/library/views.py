"""The list of conversations, and what is done with one of them as a whole."""

from uuid import UUID

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat import services as chat_services
from chat.library import selectors, services
from chat.library.services import BadTitle
from chat.models import Conversation
from chat.not_taken import says_when_gone
from chat.selectors import get_conversation
from chat.sharing.selectors import is_offered

_ROWS = 30


@login_required
@require_GET
def conversations(request: HttpRequest) -> HttpResponse:
    return _list(request, archived=False)


@login_required
@require_GET
def archived(request: HttpRequest) -> HttpResponse:
    return _list(request, archived=True)


@login_required
@require_POST
@says_when_gone
def rename(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    found = get_conversation(request.user, conversation_id)
    try:
        services.rename(conversation=found, title=request.POST.get("title", ""))
    except BadTitle as error:
        flash.error(request, str(error))
    return _back(request, found)


@login_required
@require_POST
@says_when_gone
def archive(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """``archived`` is "1" to put it away, "" to bring it back."""
    found = get_conversation(request.user, conversation_id)
    is_put_away = bool(request.POST.get("archived"))
    services.archive(conversation=found, archived=is_put_away)
    told = _("“%(title)s” is in the archive now.") if is_put_away else _("“%(title)s” is back in the list.")
    flash.success(request, told % {"title": found.title or _("Conversation without a question")})
    return _back(request, found)


@login_required
@require_http_methods(["GET", "POST"])
@says_when_gone
def delete(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    found = get_conversation(request.user, conversation_id)
    if request.method == "GET":
        context = {"conversation": found, "contents": selectors.contents(found)}
        return render(request, "chat/library/delete.html", context)
    told = _("“%(title)s” is deleted.") % {"title": found.title or _("Conversation without a question")}
    chat_services.delete_conversation(conversation=found)
    flash.success(request, told)
    return redirect("chat-list")


def _list(request: HttpRequest, *, archived: bool) -> HttpResponse:
    find = request.GET.get("find", "").strip()[:200]
    found = selectors.listed(request.user, archived=archived, find=find)
    page = Paginator(found, _ROWS).get_page(request.GET.get("page", "1"))
    context = {
        "page": page,
        "rows": selectors.rows(page, find),
        "find": find,
        "words": selectors.words_of(find),
        "is_archive": archived,
        "may_share": is_offered(),
        "other": selectors.listed(request.user, archived=not archived, find=find).count() if find else None,
    }
    return render(request, "chat/library/list.html", context)


def _back(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """To the page that asked, if it is one of ours."""
    address = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure()):
        return redirect(address)
    return redirect(conversation)
