"""Questions that are not taken: one line in the log without the question, and words for the person."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.rate_limits import TooManyRequests
from chat.errors import ChatError
from chat.events import QuestionError

logger = logging.getLogger(__name__)

Refused = ChatError | QuestionError | TooManyRequests
REFUSED = (ChatError, QuestionError, TooManyRequests)
GONE = "unknown_conversation"
_Given = ParamSpec("_Given")
_View = Callable[Concatenate[HttpRequest, _Given], HttpResponse]


def log_refused(code: str, user_id: object) -> None:
    """``code`` is stable, as in ``chat.errors``."""
    logger.info("question refused (%s) for user %s", code, user_id)


def wants_json(request: HttpRequest) -> bool:
    """Whether our script asks, which shows what goes wrong in the page that is there."""
    return request.headers.get("Accept", "") == "application/json"


def status_of(error: Refused) -> int:
    return 429 if isinstance(error, TooManyRequests) else 422


def refused(request: HttpRequest, error: Refused) -> JsonResponse | None:
    """What our script shows beside the question that stays in its field; ``None`` where a page is wanted."""
    log_refused(error.code, request.user.pk)
    if not wants_json(request):
        return None
    response = JsonResponse({"error": str(error), "code": error.code}, status=status_of(error))
    if isinstance(error, TooManyRequests):
        response["Retry-After"] = str(error.retry_after)
    return response


def says_when_gone(view: _View[_Given]) -> _View[_Given]:
    """Where the view's conversation or answer is not there, says so instead of "not found", and offers to ask
    what was typed in a new conversation."""

    @wraps(view)
    def told(request: HttpRequest, /, *args: _Given.args, **kwargs: _Given.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Http404:
            if request.method == "POST":
                log_refused(GONE, request.user.pk)
        if wants_json(request):
            words = _("This conversation no longer exists, or is not yours. Start a new one to ask this.")
            return JsonResponse({"error": words}, status=404)
        question = request.POST.get("question", "")
        carried = f"?{urlencode({'q': question})}" if question else ""
        return render(request, "chat/gone.html", {"carried": carried}, status=404)

    return told
