"""Who is in a collection, with which role."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.roles import Action, Role
from ingestion import access, services
from ingestion.forms import MemberForm


@login_required
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest, slug: str) -> HttpResponse:
    collection = access.get_collection(request.user, slug, Action.MANAGE)
    form = MemberForm(request.POST or None, collection=collection)
    if form.is_valid():
        member = form.save()
        messages.success(request, _("%(name)s has access now.") % {"name": member.user.shown_name})
        return redirect("collection-people", slug=slug)
    context = {
        "collection": collection,
        "members": collection.memberships.select_related("user").order_by("user__username"),
        "roles": Role.choices,
        "form": form,
        "may_edit": True,
        "may_manage": True,
    }
    return render(request, "ingestion/people.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def change(request: HttpRequest, slug: str, member_id: int) -> HttpResponse:
    """Another role, or none: ``role`` empty takes the person out."""
    collection = access.get_collection(request.user, slug, Action.MANAGE)
    member = get_object_or_404(
        collection.memberships.select_related("user").filter(user__is_service=False), pk=member_id
    )
    role = request.POST.get("role", "")
    if not role:
        services.remove_member(collection=collection, user=member.user)
        messages.success(request, _("%(name)s has no access any more.") % {"name": member.user.shown_name})
    elif role in Role.values:
        services.set_member(collection=collection, user=member.user, role=role)
        messages.success(request, _("Saved."))
    return redirect("collection-people", slug=slug)
