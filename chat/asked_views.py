"""The page on which questions really asked are taken over into a golden set."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.roles import Action
from chat import asked
from ingestion import golden_selectors
from ingestion.golden_sets import BadGoldenSet


@login_required
@require_http_methods(["GET", "POST"])
def questions(request: HttpRequest, set_id: UUID) -> HttpResponse:
    """A post takes over the answer ``message``'s question."""
    shown = golden_selectors.get_set(request.user, set_id, Action.EDIT)
    if request.method == "POST":
        try:
            taken = asked.take_over(
                user=request.user, golden_set=shown, message_id=UUID(request.POST.get("message", ""))
            )
        except (BadGoldenSet, ValueError) as error:
            messages.error(
                request, str(error) if isinstance(error, BadGoldenSet) else _("Choose a question.")
            )
        else:
            if taken is not None:
                messages.success(request, _("“%(question)s” is in the set.") % {"question": taken.text})
        return redirect("golden-asked", set_id)
    context = {
        "golden_set": shown,
        "collection": shown.collection,
        "asked": asked.asked_about(request.user, shown),
    }
    return render(request, "evaluation/asked.html", context)
