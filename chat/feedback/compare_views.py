"""Two answers to the same question side by side, and asking for the second one."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import rate_limits
from accounts.models import User
from chat import services, shown_answers
from chat.errors import ChatError
from chat.feedback import comparing, selectors
from chat.feedback.errors import NotYours
from chat.feedback.models import Comparison
from chat.feedback.views import says_whose
from chat.models import LIVE, Message
from chat.not_taken import REFUSED, log_refused
from llm import endpoints


@login_required
@require_http_methods(["GET", "POST"])
@says_whose
def compare(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """The answer beside another version of it, ``with``; a post stores which one is ``chosen``."""
    answer = selectors.answer_to_rate(request.user, message_id)
    asked = request.POST if request.method == "POST" else request.GET
    pair = comparing.pair_with(answer, _id(asked.get("with", "")))
    if request.method == "POST" and pair is not None:
        _choose(request, pair)
        return redirect(_address(*pair))
    return _page(request, answer, pair)


@login_required
@require_POST
@says_whose
def second(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Asks for another answer to the same question, by the model that ``model`` names."""
    answer = selectors.answer_to_rate(request.user, message_id)
    form = SecondForm(request.POST)
    if not form.is_valid():
        return _page(request, answer, comparing.pair_with(answer, None), form=form, status=422)
    try:
        rate_limits.take_for(request, "chat")
        another = services.retry(message=answer, model=form.cleaned_data["model"], is_beside=True)
    except REFUSED as error:
        log_refused(error.code, request.user.pk)
        flash.error(request, str(error))
        return redirect("chat-compare", message_id)
    return redirect(_address(answer, another))


class SecondForm(forms.Form):
    """Who writes the second answer; "" is who would write it now."""

    model = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        model = self.fields["model"]
        assert isinstance(model, forms.ChoiceField)
        model.choices = [("", _("The conversation's model")), *endpoints.choices()]
        model.widget.attrs["class"] = "select small"


def _page(
    request: HttpRequest,
    answer: Message,
    pair: tuple[Message, Message] | None,
    *,
    form: SecondForm | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = pair or (answer,)
    shown_answers.prepare(shown)
    choice = comparing.chosen_of(cast(User, request.user), pair) if pair else None
    context = {
        "answer": answer,
        "pair": shown,
        "other": next((each for each in shown if each.pk != answer.pk), None),
        "others": comparing.others(answer),
        "is_writing": any(each.status in LIVE for each in shown),
        "may_choose": all(each.status == Message.Status.DONE for each in shown),
        "choice": choice,
        "back": comparing.shown_of(pair, choice) or answer if pair else answer,
        "choices": _choices(choice),
        "question": answer.parent,
        "form": form or SecondForm(),
    }
    return render(request, "chat/feedback/compare.html", context, status=status)


def _choices(choice: Comparison | None) -> list[tuple[str, str, bool]]:
    names = {
        "first": _("The first is better"),
        "neither": _("Neither is good"),
        "second": _("The second is better"),
    }
    return [(code, name, choice is not None and choice.chosen == code) for code, name in names.items()]


def _choose(request: HttpRequest, pair: tuple[Message, Message]) -> None:
    given = request.POST
    try:
        comparing.choose(
            by=cast(User, request.user),
            pair=pair,
            chosen=given.get("chosen", ""),
            comment=given.get("comment", ""),
        )
    except ChatError as error:
        flash.error(request, str(error))
    else:
        flash.success(request, _("Your choice is stored. Thank you."))


def _address(one: Message, other: Message) -> str:
    return f"{reverse('chat-compare', args=[one.pk])}?with={other.pk}"


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotYours(_("These are not two answers to the same question.")) from None
