"""The playground: one prompt, several endpoints side by side."""

from collections.abc import Sequence
from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_http_methods

from accounts import rate_limits
from accounts.models import User
from accounts.rate_limits import TooManyRequests
from chat.prompt_library import selectors
from chat.prompt_library.forms import PREFIX, RunForm
from chat.prompt_library.presets import PLAIN
from chat.prompt_library.prompt import Prompt
from chat.prompt_library.running import Result, needs_model
from chat.prompt_library.views import run_all, run_form, scene, unsent_form


@login_required
@require_http_methods(["GET", "POST"])
def playground(request: HttpRequest) -> HttpResponse:
    """``?prompt=`` is the key of one of the library. A post without our script shows all results at once; one
    by "Take this one" brings what was typed into the form of another prompt."""
    user = cast(User, request.user)
    if "switch" in request.POST:
        return _switched(request, selectors.get_prompt(user, request.POST.get("take", PLAIN)))
    key = request.POST.get("prompt") or request.GET.get("prompt") or PLAIN
    prompt = selectors.get_prompt(user, key)
    form = run_form(request, prompt, many=True)
    if not form.is_valid():
        return _page(request, prompt, form, [], status=422 if form.is_bound else 200)
    results = _results(request, form)
    return _page(request, prompt, form, results, status=200 if results else 429)


def _switched(request: HttpRequest, prompt: Prompt) -> HttpResponse:
    """What has no place in the form of ``prompt`` is carried along, for the way back."""
    typed = {name: request.POST.get(name, "") for name in request.POST if name.startswith(PREFIX)}
    chosen = {name: request.POST.getlist(name) for name in ("model", "collections") if name in request.POST}
    numbers = {name: request.POST.get(name, "") for name in ("temperature", "max_tokens")}
    form = unsent_form(request, prompt, initial=typed | chosen | numbers)
    kept = [(name, value) for name, value in typed.items() if value and name not in form.fields]
    return _page(request, prompt, form, [], status=200, kept=kept)


def _results(request: HttpRequest, form: RunForm) -> list[Result]:
    """None of them after putting the reason into the form."""
    if "model" not in form.fields:
        form.add_error(None, needs_model())
        return []
    orders = form.orders()
    try:
        for _order in orders:
            rate_limits.take_for(request, "chat")
    except TooManyRequests as error:
        form.add_error(None, str(error))
        return []
    return run_all(orders)


def _page(
    request: HttpRequest,
    prompt: Prompt,
    form: RunForm,
    results: list[Result],
    *,
    status: int,
    kept: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    shelf = selectors.shelf(cast(User, request.user))
    language = translation.get_language()
    found = [*shelf.own, *shelf.shared, *shelf.presets]
    prompts = sorted(found, key=lambda one: bool(one.language) and one.language != language)
    more = {"results": results, "prompts": prompts, "kept": kept}
    return render(request, "chat/prompt_library/playground.html", scene(prompt, form) | more, status=status)
