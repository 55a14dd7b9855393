"""What a page that was left open asks for when somebody looks at it again."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET

from chat import selectors, shown_answers
from chat.addresses import named_message
from chat.not_taken import says_when_gone
from chat.turns import states_of, turn_of


@login_required
@require_GET
@says_when_gone
def state(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The answers of a branch with their questions and states, and the address of the HTML of each for a
    page that shows another one."""
    conversation = selectors.get_conversation(request.user, conversation_id)
    answers = [
        {
            "id": str(turn.answer_id),
            "question": str(turn.question_id),
            "state": turn.state,
            "versions": turn.versions,
            "url": reverse("chat-turn", args=[conversation_id, turn.answer_id]),
        }
        for turn in states_of(conversation, named_message(request))
    ]
    return JsonResponse({"answers": answers})


@login_required
@require_GET
@says_when_gone
def turn(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """An answer, alone and with its question."""
    answer = selectors.get_answer(request.user, conversation_id, message_id)
    shown_answers.prepare([answer])
    shown = {"turn": turn_of(answer)}
    return JsonResponse(
        {
            "turn": render_to_string("chat/_turn.html", shown, request),
            "answer": render_to_string("chat/_answer.html", shown | {"message": answer}, request),
        }
    )
