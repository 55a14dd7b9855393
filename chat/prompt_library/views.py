"""The library, a prompt with its form, and running it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import rate_limits
from accounts.models import User
from accounts.rate_limits import TooManyRequests
from chat.models import PromptTemplate
from chat.not_taken import wants_json
from chat.prompt_library import selectors
from chat.prompt_library.forms import PREFIX, FillForm, RunForm, models, too_many
from chat.prompt_library.frames import for_the_page
from chat.prompt_library.presets import PLAIN
from chat.prompt_library.prompt import Prompt
from chat.prompt_library.questions import carried
from chat.prompt_library.running import Order, Result, finished, needs_model
from chat.server_sent import event_stream

LANGUAGES = ("en", "zh-hans")
EVERY = "all"


@login_required
@require_GET
def library(request: HttpRequest) -> HttpResponse:
    """``?kind=answers`` shows the instructions for answers, ``?for=chat`` leads back to a question, and
    ``?language=`` is "all", "en" or "zh-hans": without it the one of the page."""
    user = cast(User, request.user)
    asked = request.GET.get("language", translation.get_language() or "en")
    language = asked if asked in LANGUAGES else ""
    words = request.GET.get("q", "").strip()
    context: dict[str, Any] = {"language": language or EVERY, "q": words, "goal": _goal(request)}
    if request.GET.get("kind") == PromptTemplate.Kind.ANSWERS:
        context["answers"] = selectors.instructions_for_answers()
        return render(request, "chat/prompt_library/answers.html", context)
    shelf = selectors.shelf(user, language=language, words=words)
    if request.GET.get("part"):
        return _picker(request, shelf)
    return render(request, "chat/prompt_library/library.html", context | {"shelf": shelf})


@login_required
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, key: str) -> HttpResponse:
    """The form of a prompt; a post without our script runs it and shows the result below."""
    user = cast(User, request.user)
    prompt = selectors.get_prompt(user, key)
    if request.method == "GET" and request.GET.get("part"):
        return _dialog(request, prompt)
    form = run_form(request, prompt, many=False)
    if not form.is_valid():
        return _page(request, prompt, form, status=422 if form.is_bound else 200)
    if "look" in request.POST:
        return _page(request, prompt, form, status=200, filled_text=form.filled.text)
    result = _result(request, form)
    status = 429 if result is None else 200
    return _page(request, prompt, form, status=status, results=[result] if result else [])


@login_required
@require_POST
def run(request: HttpRequest, key: str) -> HttpResponseBase:
    """One run, followed by our script."""
    prompt = selectors.get_prompt(cast(User, request.user), key)
    form = run_form(request, prompt, many=False)
    if not form.is_valid():
        return JsonResponse(_told(form), status=422)
    if "model" not in form.fields:
        return JsonResponse({"error": needs_model(), "fields": {}}, status=422)
    try:
        rate_limits.take_for(request, "chat")
    except TooManyRequests as error:
        headers = {"Retry-After": str(error.retry_after)}
        return JsonResponse({"error": str(error), "fields": {}}, status=429, headers=headers)
    return event_stream(for_the_page(form.orders()[0]))


@login_required
@require_POST
def fill(request: HttpRequest, key: str) -> HttpResponse:
    """The filled prompt as the question of a conversation, or of a new one."""
    prompt = selectors.get_prompt(cast(User, request.user), key)
    form = FillForm(request.POST, prompt=prompt)
    goal = _goal(request)
    if not form.is_valid() or len(form.filled.text) > settings.MAX_QUERY_CHARS:
        if not form.errors:
            form.add_error(None, _too_long(len(form.filled.text)))
        if wants_json(request):
            return JsonResponse(_told(form), status=422)
        again = run_form(request, prompt, many=False)
        again.full_clean()
        again.errors.update(form.errors)
        return _page(request, prompt, again, status=422)
    if wants_json(request):
        return JsonResponse({"text": form.filled.text, "search_for": carried(form.filled)})
    question = {"q": form.filled.text, "s": carried(form.filled)}
    return redirect(f"{goal['address']}?{urlencode(question)}")


def run_all(orders: list[Order]) -> list[Result]:
    """Side by side, each in a thread of its own; a single one in the caller's."""
    if len(orders) == 1:
        return [finished(orders[0])]
    with ThreadPoolExecutor(len(orders)) as pool:
        return list(pool.map(finished, orders))


def scene(prompt: Prompt, form: RunForm) -> dict[str, Any]:
    """What both pages that run a prompt show of it."""
    return {
        "prompt": prompt,
        "form": form,
        "has_model": "model" in form.fields,
        "needs_model": needs_model(),
        "too_many": too_many(),
        "is_plain": prompt.key == PLAIN,
    }


def run_form(request: HttpRequest, prompt: Prompt, *, many: bool) -> RunForm:
    given = request.POST if request.method == "POST" else None
    return RunForm(
        given,
        prompt=prompt,
        user=cast(User, request.user),
        offered=models(),
        many=many,
        initial=_carried(request, prompt),
    )


def unsent_form(request: HttpRequest, prompt: Prompt, *, initial: dict[str, Any]) -> RunForm:
    """For several models, with what is in it at first."""
    user = cast(User, request.user)
    return RunForm(None, prompt=prompt, user=user, offered=models(), many=True, initial=initial)


def _carried(request: HttpRequest, prompt: Prompt) -> dict[str, str]:
    """Values that an address brings along: ``?topic=…``."""
    return {f"{PREFIX}{one.name}": request.GET[one.name] for one in prompt.inputs if one.name in request.GET}


def _result(request: HttpRequest, form: RunForm) -> Result | None:
    """``None`` after putting the reason into the form."""
    if "model" not in form.fields:
        form.add_error(None, needs_model())
        return None
    try:
        rate_limits.take_for(request, "chat")
    except TooManyRequests as error:
        form.add_error(None, str(error))
        return None
    return run_all(form.orders())[0]


def _page(request: HttpRequest, prompt: Prompt, form: RunForm, *, status: int, **more: Any) -> HttpResponse:
    template = prompt.template
    goal = _goal(request)
    context = scene(prompt, form) | {
        "goal": goal,
        "is_question": bool(goal["is_asked"]) and prompt.suits_chat,
        "may_change": template is not None and selectors.may_change(cast(User, request.user), template),
    }
    return render(request, "chat/prompt_library/prompt.html", context | more, status=status)


def _picker(request: HttpRequest, shelf: selectors.Shelf) -> HttpResponse:
    listed = [*shelf.own, *shelf.shared, *shelf.presets]
    context = {
        "questions": [prompt for prompt in listed if prompt.suits_chat],
        "others": [prompt for prompt in listed if not prompt.suits_chat],
    }
    return render(request, "chat/prompt_library/picker.html", context)


def _dialog(request: HttpRequest, prompt: Prompt) -> HttpResponse:
    form = FillForm(prompt=prompt)
    return render(request, "chat/prompt_library/filler.html", {"prompt": prompt, "form": form})


def _goal(request: HttpRequest) -> dict[str, str]:
    """Where a filled prompt becomes a question: ``conversation`` is the id of one, or "" for a new one."""
    given = request.POST.get("conversation") or request.GET.get("conversation", "")
    try:
        conversation = str(UUID(given)) if given else ""
    except ValueError:
        conversation = ""
    address = reverse("chat-conversation", args=[conversation]) if conversation else reverse("chat-list")
    if not (conversation or request.GET.get("for") == "chat"):
        return {"conversation": "", "address": address, "is_asked": "", "carried": ""}
    back = urlencode({"for": "chat", "conversation": conversation})
    return {"conversation": conversation, "address": address, "is_asked": "1", "carried": f"?{back}"}


def _told(form: FillForm) -> dict[str, Any]:
    fields = {name: " ".join(map(str, errors)) for name, errors in form.errors.items() if name != "__all__"}
    words = " ".join(map(str, form.non_field_errors())) or _("Something is missing: see beside the fields.")
    return {"error": words, "fields": fields}


def _too_long(length: int) -> str:
    said = _(
        "Filled in, the prompt has %(length)d characters; a question has at most %(limit)d. Shorten what you "
        "filled in, or run the prompt here."
    )
    return said % {"length": length, "limit": settings.MAX_QUERY_CHARS}
