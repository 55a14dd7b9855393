"""The playground: one prompt, several endpoints side by side."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts import rate_limits
from accounts.models import User
from accounts.rate_limits import TooManyRequests
from chat.prompt_library import selectors
from chat.prompt_library.forms import RunForm
from chat.prompt_library.presets import PLAIN
from chat.prompt_library.prompt import Prompt
from chat.prompt_library.running import Result, needs_model
from chat.prompt_library.views import run_all, run_form, scene


@login_required
@require_http_methods(["GET", "POST"])
def playground(request: HttpRequest) -> HttpResponse:
    """``?prompt=`` is the key of one of the library. A post without our script shows all results at once."""
    user = cast(User, request.user)
    key = request.POST.get("prompt") or request.GET.get("prompt") or PLAIN
    prompt = selectors.get_prompt(user, key)
    form = run_form(request, prompt, many=True)
    if not form.is_valid():
        return _page(request, prompt, form, [], status=422 if form.is_bound else 200)
    results = _results(request, form)
    return _page(request, prompt, form, results, status=200 if results else 429)


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
    request: HttpRequest, prompt: Prompt, form: RunForm, results: list[Result], *, status: int
) -> HttpResponse:
    shelf = selectors.shelf(cast(User, request.user))
    more = {"results": results, "prompts": [*shelf.own, *shelf.shared, *shelf.presets]}
    return render(request, "chat/prompt_library/playground.html", scene(prompt, form) | more, status=status)
