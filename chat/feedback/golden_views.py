"""The page on which answers that people liked are taken over into a golden set."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.roles import Action
from chat.feedback import golden
from ingestion import golden_selectors
from ingestion.golden_sets import BadGoldenSet
from ingestion.models import GoldenSet


@login_required
@require_http_methods(["GET", "POST"])
def questions(request: HttpRequest, set_id: UUID) -> HttpResponse:
    """A post takes over what the ``feedback`` ids name."""
    shown = golden_selectors.get_set(request.user, set_id, Action.EDIT)
    user = cast(User, request.user)
    if request.method == "POST":
        _take(request, user, shown)
        return redirect("golden-feedback", set_id)
    context = {
        "golden_set": shown,
        "collection": shown.collection,
        "liked": golden.liked_about(user, shown),
        "everybody": user.is_superuser,
    }
    return render(request, "chat/feedback/golden.html", context)


def _take(request: HttpRequest, user: User, golden_set: GoldenSet) -> None:
    try:
        ids = [UUID(text) for text in request.POST.getlist("feedback")]
        taken = golden.take_over(user=user, golden_set=golden_set, feedback_ids=ids)
    except (BadGoldenSet, ValueError) as error:
        said = str(error) if isinstance(error, BadGoldenSet) else _("Choose questions from the list.")
        messages.error(request, said)
        return
    if taken:
        said = ngettext("%(count)d question is in the set.", "%(count)d questions are in the set.", taken)
        messages.success(request, said % {"count": taken})
    elif ids:
        messages.info(request, _("Nothing was added: the set has what you chose already."))
    else:
        messages.error(request, _("Tick at least one question."))
