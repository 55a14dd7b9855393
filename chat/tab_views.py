"""What a page that was left open asks for when somebody looks at it again."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET

from chat import freshness, selectors
from chat.not_taken import says_when_gone
from chat.turns import states_of


@login_required
@require_GET
@says_when_gone
def state(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Every answer with its state, and the address of its HTML for a page that shows another one."""
    conversation = selectors.get_conversation(request.user, conversation_id)
    answers = [
        {"id": str(pk), "state": found, "url": reverse("chat-turn", args=[conversation_id, pk])}
        for pk, found in states_of(conversation)
    ]
    return JsonResponse({"answers": answers})


@login_required
@require_GET
@says_when_gone
def turn(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """An answer, alone and with its question."""
    answer = selectors.get_answer(request.user, conversation_id, message_id)
    freshness.remember([answer])
    is_last = states_of(answer.conversation)[-1][0] == answer.pk
    shown = {"turn": {"question": selectors.question_of(answer), "answer": answer}, "is_last": is_last}
    return JsonResponse(
        {
            "turn": render_to_string("chat/_turn.html", shown, request),
            "answer": render_to_string("chat/_answer.html", shown | {"message": answer}, request),
        }
    )
