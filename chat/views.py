"""The chat pages. Each view parses, authorises, calls one function and renders."""

from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from chat import selectors, services
from chat.errors import ChatError
from chat.events import QuestionError
from chat.forms import NewConversation, Scope
from chat.server_sent import event_stream, frame
from chat.streaming import follow
from llm.endpoints import line_up

Refused = (ChatError, QuestionError)


@login_required
@require_http_methods(["GET", "POST"])
def conversations(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    given = request.POST if request.method == "POST" else None
    form = NewConversation(given, user=user, initial=_asked_for(request))
    if form.is_valid():
        started = services.start_conversation(
            owner=user, collections=form.cleaned_data["collections"], model=form.cleaned_data["model"]
        )
        return _asked(request, started.pk, form.cleaned_data["question"])
    listed = selectors.conversations_of(user)[:100]
    if form.errors and _wants_json(request):
        return JsonResponse({"error": _told(form)}, status=422)
    context = {"form": form, "conversations": listed} | _scene()
    return render(request, "chat/list.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    return _page(request, conversation_id)


@login_required
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Takes a post; a refused question stays at this address, where a reload leads to the conversation."""
    if request.method == "GET":
        return redirect("chat-conversation", conversation_id)
    return _asked(request, conversation_id, request.POST.get("question", ""))


@login_required
@require_POST
def change(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    found = selectors.get_conversation(request.user, conversation_id)
    form = Scope(request.POST, user=found.owner)
    if form.is_valid():
        services.change_conversation(conversation=found, **form.cleaned_data)
    else:
        flash.error(request, _told(form))
    return redirect(found)


@login_required
@require_POST
def delete(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    services.delete_conversation(conversation=selectors.get_conversation(request.user, conversation_id))
    return redirect("chat-list")


@login_required
@require_POST
def stop(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    services.stop(message=selectors.get_answer(request.user, conversation_id, message_id))
    return (
        HttpResponse(status=204) if _wants_json(request) else redirect("chat-conversation", conversation_id)
    )


@login_required
@require_POST
def retry(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    answer = selectors.get_answer(request.user, conversation_id, message_id)
    try:
        services.retry(message=answer)
    except ChatError as error:
        flash.error(request, str(error))
    return redirect("chat-conversation", conversation_id)


@require_GET
async def stream(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponseBase:
    user = await request.auser()
    await sync_to_async(selectors.get_answer)(user, conversation_id, message_id)
    language = translation.get_language() or "en"
    return event_stream(_frames(message_id, request.headers.get("Last-Event-ID", ""), language))


async def _frames(message_id: UUID, last_id: str, language: str) -> AsyncIterator[str]:
    async for followed in follow(message_id, last_id):
        if followed.message is not None:
            with translation.override(language):
                html = render_to_string("chat/_answer.html", {"message": followed.message, "is_last": True})
            yield frame("done", {"html": html, "status": followed.message.status}, followed.id)
        elif followed.event == "ping":
            yield ": still writing\n\n"
        else:
            yield frame(followed.event, followed.data, followed.id)


def _asked(request: HttpRequest, conversation_id: UUID, question: str) -> HttpResponse:
    """With our script the answer is followed; without, the page waits until it is complete."""
    found = selectors.get_conversation(request.user, conversation_id)
    follows = _wants_json(request)
    try:
        write = services.ask if follows else services.answer_now
        answer = write(conversation=found, question=question)
    except Refused as error:
        if follows:
            return JsonResponse({"error": str(error)}, status=422)
        return _page(request, conversation_id, error=str(error), question=question, status=422)
    if not follows:
        return redirect(f"{found.get_absolute_url()}#m{answer.pk}")
    turn = {"question": selectors.question_of(answer), "answer": answer}
    html = render_to_string("chat/_turn.html", {"turn": turn, "is_last": True}, request)
    return JsonResponse({"html": html, "url": found.get_absolute_url(), "title": found.title})


def _page(request: HttpRequest, conversation_id: UUID, *, status: int = 200, **more: Any) -> HttpResponse:
    found = selectors.get_conversation(request.user, conversation_id)
    listed = list(found.messages.all())
    turns = [
        {"question": question, "answer": answer}
        for question, answer in zip(listed[::2], listed[1::2], strict=False)
    ]
    scope = {"collections": found.collections.all(), "model": found.model}
    context = {
        "conversation": found,
        "conversations": selectors.conversations_of(request.user)[:100],
        "turns": turns,
        "scope": Scope(user=found.owner, initial=scope),
        "searched": selectors.searched_collections(found),
    }
    return render(request, "chat/conversation.html", context | _scene(found.model) | more, status=status)


def _scene(model: str = "") -> dict[str, Any]:
    described = line_up(model)[0].describe()
    return {"model": described.model or described.backend, "has_model": described.is_model}


def _asked_for(request: HttpRequest) -> dict[str, Any]:
    """A question and collections carried over from a search: ``?q=&c=slug``."""
    return {"question": request.GET.get("q", ""), "collections": request.GET.getlist("c")}


def _told(form: Scope) -> str:
    return " ".join(str(error) for errors in form.errors.values() for error in errors)


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"
