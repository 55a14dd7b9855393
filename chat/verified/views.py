"""Where editors verify answers, review and take them back."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.roles import Action
from chat.verified import drafts, selectors, services
from chat.verified.drafts import Draft
from chat.verified.errors import BadVerified
from chat.verified.forms import VerifiedForm
from chat.verified.models import VerifiedAnswer
from ingestion import access
from ingestion.models import Collection

_ROWS = 30


@login_required
@require_GET
def listed(request: HttpRequest, slug: str) -> HttpResponse:
    """Those of a collection; ``?only=review`` those whose sources changed."""
    collection = access.get_collection(request.user, slug, Action.EDIT)
    text, only = request.GET.get("text", ""), request.GET.get("only", "")
    waiting = selectors.to_review(request.user, collection)
    found = selectors.of_collection(request.user, collection, text)
    if only == "review":
        found = found.filter(pk__in=waiting)
    page = Paginator(found, _ROWS).get_page(request.GET.get("page", "1"))
    context = {
        "collection": collection,
        "page": page,
        "rows": selectors.with_changes(page.object_list),
        "text": text,
        "only": only,
        "waiting": len(waiting),
        "may_edit": True,
        "may_manage": access.may(request.user, collection, Action.MANAGE),
    }
    return render(request, "chat/verified/list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """``?question=`` finds the passages that may be its sources."""
    collection = access.get_collection(request.user, slug, Action.EDIT)
    asked = request.POST if request.method == "POST" else request.GET
    draft = drafts.of_nothing(_person(request), collection, asked.get("question", ""))
    return _form_page(request, draft, back=collection)


@login_required
@require_http_methods(["GET", "POST"])
def from_answer(request: HttpRequest, message_id: UUID) -> HttpResponse:
    return _form_page(request, drafts.of_answer(_person(request), message_id))


@login_required
@require_http_methods(["GET", "POST"])
def from_feedback(request: HttpRequest, feedback_id: UUID) -> HttpResponse:
    return _form_page(request, drafts.of_feedback(_person(request), feedback_id))


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, verified_id: UUID) -> HttpResponse:
    """Also shows what happened to the sources since it was verified, and what rules say against it."""
    verified = selectors.get_verified(request.user, verified_id)
    (row,) = selectors.with_changes([verified])
    draft = drafts.of_stored(_person(request), verified, row.changes)
    return _form_page(request, draft, verified=verified, changes=row.changes, against=row.against)


@login_required
@require_POST
def confirm(request: HttpRequest, verified_id: UUID) -> HttpResponse:
    verified = selectors.get_verified(request.user, verified_id)
    try:
        services.confirm(by=_person(request), answer=verified)
    except BadVerified as error:
        messages.error(request, str(error))
        return redirect("collection-verified-one", verified_id)
    messages.success(request, _("Verified again. It is given from now on."))
    return redirect("collection-verified", _home(verified).slug)


@login_required
@require_POST
def unpin(request: HttpRequest, verified_id: UUID) -> HttpResponse:
    verified = selectors.get_verified(request.user, verified_id)
    home = _home(verified)
    services.unpin(answer=verified)
    messages.success(request, _("Unpinned: the question is answered anew from now on."))
    return redirect("collection-verified", home.slug)


def _form_page(
    request: HttpRequest, draft: Draft, *, back: Collection | None = None, **more: Any
) -> HttpResponse:
    is_search = "find" in request.POST  # looks for sources of what is typed, and stores nothing
    typed = request.POST if is_search else None
    form = VerifiedForm(None if is_search else request.POST or None, draft=draft, typed=typed)
    if form.is_bound and form.is_valid():
        try:
            stored = services.verify(by=_person(request), content=form.content(), answer=more.get("verified"))
        except BadVerified as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The answer is verified: who asks this gets it first."))
            return redirect("collection-verified", _home(stored).slug)
    context = {"form": form, "draft": draft, "collection": back or next(iter(draft.collections))} | more
    status = 422 if form.is_bound else 200
    return render(request, "chat/verified/form.html", context, status=status)


def _home(verified: VerifiedAnswer) -> Collection:
    home = verified.collections.order_by("name").first()
    if home is None:
        raise Http404(_("There is no such verified answer, or you may not edit it."))
    return home


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)
