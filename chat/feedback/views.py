"""Giving feedback from the chat, with and without our script, and taking it back."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from chat.errors import ChatError
from chat.feedback import selectors, services
from chat.feedback.errors import NotYours
from chat.feedback.forms import DetailsForm
from chat.feedback.models import Comparison, Feedback
from chat.models import Message
from chat.not_taken import wants_json

_Given = ParamSpec("_Given")
_View = Callable[Concatenate[HttpRequest, _Given], HttpResponse]


def says_whose(view: _View[_Given]) -> _View[_Given]:
    """An answer that cannot be rated by who asks gets a page, or words for our script, that says why."""

    @wraps(view)
    def told(request: HttpRequest, /, *args: _Given.args, **kwargs: _Given.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotYours as error:
            if wants_json(request):
                return JsonResponse({"error": str(error)}, status=404)
            return render(request, "chat/feedback/not_yours.html", {"reason": str(error)}, status=404)

    return told


@login_required
@require_POST
@says_whose
def rate(request: HttpRequest, message_id: UUID) -> HttpResponse:
    answer = selectors.answer_to_rate(request.user, message_id)
    try:
        feedback = services.rate(by=_person(request), answer=answer, thumb=request.POST.get("thumb", ""))
    except ChatError as error:
        return _refused(request, answer, error)
    return _given(request, answer, feedback, is_open=True)


@login_required
@require_POST
@says_whose
def detail(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """What was typed stays in its fields where something of it cannot be stored."""
    answer = selectors.answer_to_rate(request.user, message_id)
    feedback = _of(request, answer)
    form = DetailsForm(request.POST, feedback=feedback)
    if not form.is_valid():
        if wants_json(request):
            return JsonResponse({"html": _html(request, answer, feedback, form, is_open=True)})
        context = {"answer": answer, "feedback": feedback, "form": form}
        return render(request, "chat/feedback/details.html", context, status=422)
    try:
        services.detail(feedback=feedback, details=form.details())
    except ChatError as error:
        return _refused(request, answer, error)
    return _given(request, answer, feedback, is_saved=True)


@login_required
@require_POST
@says_whose
def withdraw(request: HttpRequest, message_id: UUID) -> HttpResponse:
    answer = selectors.answer_to_rate(request.user, message_id)
    services.withdraw(feedback=_of(request, answer))
    if wants_json(request):
        return JsonResponse({"html": _html(request, answer, None)})
    return redirect(_back(answer))


@login_required
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """Everything that somebody said, also of conversations that are gone."""
    person = _person(request)
    context = {
        "given": selectors.own(person)[:200],
        "comparisons": selectors.own_comparisons(person)[:200],
    }
    return render(request, "chat/feedback/mine.html", context)


@login_required
@require_POST
def remove(request: HttpRequest, kind: str, feedback_id: UUID) -> HttpResponse:
    """From one's own list."""
    person = _person(request)
    given: Feedback | Comparison
    if kind == "rating":
        given = get_object_or_404(selectors.own(person), pk=feedback_id)
    else:
        given = get_object_or_404(selectors.own_comparisons(person), pk=feedback_id)
    services.withdraw(feedback=given)
    flash.success(request, _("Withdrawn. Nothing of it is kept."))
    return redirect("feedback-mine")


def _of(request: HttpRequest, answer: Message) -> Feedback:
    given = selectors.own(_person(request)).filter(answer_id=answer.pk, attempt=answer.attempt).first()
    if given is None:
        raise NotYours(_("There is no feedback of yours on this answer: choose a thumb first."))
    return given


def _given(request: HttpRequest, answer: Message, feedback: Feedback, **more: Any) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"html": _html(request, answer, feedback, **more)})
    return redirect(_back(answer))


def _refused(request: HttpRequest, answer: Message, error: ChatError) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"error": str(error)}, status=422)
    flash.error(request, str(error))
    return redirect(_back(answer))


def _html(
    request: HttpRequest,
    answer: Message,
    feedback: Feedback | None,
    form: DetailsForm | None = None,
    **more: Any,
) -> str:
    form = form or (DetailsForm(feedback=feedback) if feedback else None)
    context = {"message": answer, "given": feedback, "form": form} | more
    return render_to_string("chat/feedback/_block.html", context, request)


def _back(answer: Message) -> str:
    return f"{answer.conversation.get_absolute_url()}#feedback-{answer.pk}"


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)
