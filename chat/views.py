"""The chat pages. Each view parses, authorises, calls one function and renders."""

from collections.abc import AsyncIterator
from types import EllipsisType
from typing import Any, cast
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import rate_limits
from accounts.models import User
from accounts.rate_limits import TooManyRequests
from chat import selectors, services, shown_answers
from chat.addresses import named_message, wanted_turns
from chat.answering import checked
from chat.errors import UnknownModelName
from chat.forms import NewConversation, Scope
from chat.library.selectors import listed, rows
from chat.models import Message
from chat.not_taken import REFUSED, log_refused, refused, says_when_gone, status_of, wants_json
from chat.prompt_library.questions import search_for
from chat.server_sent import event_stream, frame
from chat.sharing.selectors import is_offered
from chat.streaming import follow
from chat.turns import part_of, turn_of
from llm import endpoints

_RECENT = 20


@login_required
@require_http_methods(["GET", "POST"])
def conversations(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    given = request.POST if request.method == "POST" else None
    form = NewConversation(given, user=user, initial=_asked_for(request))
    if not form.is_valid():
        if form.errors:
            log_refused("invalid_form", user.pk)
        if form.errors and wants_json(request):
            return JsonResponse({"error": _told(form)}, status=422)
        return _start_page(request, form, status=422 if form.errors else 200)
    question, chosen = form.cleaned_data["question"], form.cleaned_data["collections"]
    try:
        rate_limits.take_for(request, "chat")
        services.refuse_without_documents(chosen)
        checked(question, settings.MAX_QUERY_CHARS)
    except REFUSED as error:
        form.add_error(None, str(error))
        return refused(request, error) or _start_page(request, form, status=status_of(error))
    started = services.start_conversation(owner=user, collections=chosen, model=form.cleaned_data["model"])
    return _asked(request, started.pk, question)


@login_required
@require_GET
@says_when_gone
def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    return _page(request, conversation_id)


@login_required
@require_http_methods(["GET", "POST"])
@says_when_gone
def ask(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Takes a post; a refused question stays at this address, where a reload leads to the conversation."""
    if request.method == "GET":
        return redirect("chat-conversation", conversation_id)
    question = request.POST.get("question", "")
    try:
        rate_limits.take_for(request, "chat")
    except TooManyRequests as error:
        return refused(request, error) or _page(
            request, conversation_id, error=str(error), question=question, status=429
        )
    followed = named_message(request)
    after = selectors.get_answer(request.user, conversation_id, followed) if followed else ...
    return _asked(request, conversation_id, question, after=after)


@login_required
@require_POST
@says_when_gone
def edit(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """An earlier question in other words begins a branch beside it, which follows the same answer."""
    earlier = selectors.get_question(request.user, conversation_id, message_id)
    question = request.POST.get("edited", "")
    try:
        rate_limits.take_for(request, "chat")
    except TooManyRequests as error:
        return refused(request, error) or _page(
            request, conversation_id, error=str(error), question=question, status=429
        )
    return _asked(request, conversation_id, question, after=earlier.parent)


@login_required
@require_http_methods(["GET", "POST"])
@says_when_gone
def change(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Takes a post; what cannot be taken stays in its fields, at this address."""
    found = selectors.get_conversation(request.user, conversation_id)
    if request.method == "GET":
        return redirect(found)
    form = Scope(request.POST, user=found.owner)
    if not form.is_valid():
        return _page(request, conversation_id, scope=form, status=422)
    services.change_conversation(conversation=found, **form.cleaned_data)
    return redirect(found)


@login_required
@require_POST
@says_when_gone
def stop(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    services.stop(message=selectors.get_answer(request.user, conversation_id, message_id))
    return HttpResponse(status=204) if wants_json(request) else redirect("chat-conversation", conversation_id)


@login_required
@require_POST
@says_when_gone
def retry(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    answer = selectors.get_answer(request.user, conversation_id, message_id)
    follows = wants_json(request)
    try:
        rate_limits.take_for(request, "chat")
        answer = services.retry(message=answer)
    except REFUSED as error:
        if not follows:
            flash.error(request, str(error))
        return refused(request, error) or redirect("chat-conversation", conversation_id)
    if not follows:
        return redirect(f"{answer.conversation.get_absolute_url()}#m{answer.pk}")
    html = render_to_string("chat/_turn.html", {"turn": turn_of(answer)}, request)
    return JsonResponse({"html": html})


@require_GET
async def stream(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponseBase:
    user = await request.auser()
    await sync_to_async(selectors.get_answer)(user, conversation_id, message_id)
    language = translation.get_language() or "en"
    return event_stream(_frames(message_id, request.headers.get("Last-Event-ID", ""), language))


async def _frames(message_id: UUID, last_id: str, language: str) -> AsyncIterator[str]:
    async for followed in follow(message_id, last_id):
        if followed.message is not None:
            html = await sync_to_async(_finished)(followed.message, language)
            yield frame("done", {"html": html, "status": followed.message.status}, followed.id)
        elif followed.event == "ping":
            yield ": still writing\n\n"
        else:
            yield frame(followed.event, followed.data, followed.id)


def _finished(answer: Message, language: str) -> str:
    shown_answers.prepare([answer])
    with translation.override(language):
        return render_to_string("chat/_answer.html", {"message": answer, "turn": turn_of(answer)})


def _asked(
    request: HttpRequest,
    conversation_id: UUID,
    question: str,
    *,
    after: Message | EllipsisType | None = ...,
) -> HttpResponse:
    """With our script the answer is followed; without, the page waits until it is complete."""
    found = selectors.get_conversation(request.user, conversation_id)
    follows = wants_json(request)
    try:
        write = services.ask if follows else services.answer_now
        sought = search_for(request.POST.get("search_for", ""), question)
        answer = write(conversation=found, question=question, after=after, search_for=sought)
    except REFUSED as error:
        return refused(request, error) or _page(
            request, conversation_id, error=str(error), question=question, status=status_of(error)
        )
    if not follows:
        return redirect(f"{found.get_absolute_url()}#m{answer.pk}")
    html = render_to_string("chat/_turn.html", {"turn": turn_of(answer)}, request)
    told = {"html": html, "id": answer.pk, "url": found.get_absolute_url(), "title": found.title}
    return JsonResponse(told)


def _page(request: HttpRequest, conversation_id: UUID, *, status: int = 200, **more: Any) -> HttpResponse:
    found = selectors.get_conversation(request.user, conversation_id)
    part = part_of(found, named_message(request), wanted_turns(request))
    shown_answers.prepare(turn.answer for turn in part.turns)
    scope = {"collections": found.collections.all(), "model": found.model, "template": found.template_id}
    writing = selectors.answer_being_written(found)
    context = {
        "conversation": found,
        "elsewhere": writing if writing != part.last else None,
        "conversations": listed(request.user)[:100],
        "may_share": is_offered(),
        "part": part,
        "turns": part.turns,
        "scope": Scope(user=found.owner, initial=scope),
        "searched": selectors.searched_collections(found),
        "through": named_message(request),
        "last": part.last or "",
    }
    return render(request, "chat/conversation.html", context | _scene(found.model) | more, status=status)


def _start_page(request: HttpRequest, form: NewConversation, *, status: int) -> HttpResponse:
    recent = rows(listed(request.user)[:_RECENT])
    context = {"form": form, "rows": recent, "words": (), "may_share": is_offered()} | _scene()
    return render(request, "chat/list.html", context, status=status)


def _scene(model: str = "") -> dict[str, Any]:
    """What the page says of the model; for a name that is gone the site's default answers."""
    scene: dict[str, Any] = {"limit": settings.MAX_QUERY_CHARS, "model": model, "has_model": True}
    try:
        described = selectors.backends(model)[0].describe()
    except UnknownModelName:
        return _scene()
    title = dict(endpoints.choices()).get(described.name, "")
    return scene | {"model": title or described.model or described.backend, "has_model": described.is_model}


def _asked_for(request: HttpRequest) -> dict[str, Any]:
    """A question and collections carried over from a search: ``?q=&c=slug``."""
    return {"question": request.GET.get("q", ""), "collections": request.GET.getlist("c")}


def _told(form: Scope) -> str:
    return " ".join(str(error) for errors in form.errors.values() for error in errors)
