"""How an answer that failed is told to programs: with a type and a status of its own."""

from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil
from typing import Any

from django.utils.translation import gettext as _

from chat.errors import ChatError, NoReadyDocuments, StillWriting, TooBusy
from chat.events import QuestionError
from chat.insights.errors import TooManyTexts
from chat.models import Message

BUSY_RETRY_S = 30
_REFUSED: dict[type[ChatError], HTTPStatus] = {
    StillWriting: HTTPStatus.CONFLICT,
    NoReadyDocuments: HTTPStatus.CONFLICT,
    TooBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    TooManyTexts: HTTPStatus.CONFLICT,
}
# The codes of ``llm.errors``, whose types begin with "model_", and our own.
_FAILED = {
    "auth_refused": HTTPStatus.BAD_GATEWAY,
    "bad_response": HTTPStatus.BAD_GATEWAY,
    "unknown_model": HTTPStatus.BAD_GATEWAY,
    "misconfigured": HTTPStatus.BAD_GATEWAY,
    "unknown_endpoint": HTTPStatus.BAD_GATEWAY,
    "key_lost": HTTPStatus.BAD_GATEWAY,
    "llm_error": HTTPStatus.BAD_GATEWAY,
    "quota_used_up": HTTPStatus.SERVICE_UNAVAILABLE,
    "rate_limited": HTTPStatus.SERVICE_UNAVAILABLE,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "loading": HTTPStatus.SERVICE_UNAVAILABLE,
    "silent": HTTPStatus.GATEWAY_TIMEOUT,
    "context_too_long": HTTPStatus.UNPROCESSABLE_ENTITY,
    "blocked": HTTPStatus.UNPROCESSABLE_ENTITY,
    "history_refused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "not_masked": HTTPStatus.UNPROCESSABLE_ENTITY,
}
_OURS = {
    "search_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "too_busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "unknown_model_name": HTTPStatus.UNPROCESSABLE_ENTITY,
    "needs_model": HTTPStatus.CONFLICT,
    "blocked_topic": HTTPStatus.UNPROCESSABLE_ENTITY,
    "no_ready_documents": HTTPStatus.CONFLICT,
    "nothing_to_search": HTTPStatus.UNPROCESSABLE_ENTITY,
    "nothing_found": HTTPStatus.UNPROCESSABLE_ENTITY,
    "interrupted": HTTPStatus.SERVICE_UNAVAILABLE,
    "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
}
# What passes by itself; the wait is the server's own where it named one.
_RETRY = frozenset({"rate_limited", "unavailable", "loading", "search_unavailable", "too_busy"})


@dataclass(frozen=True, slots=True)
class Told:
    """The members of a problem object."""

    status: int
    code: str
    detail: str
    retry_after: float | None = None
    more: dict[str, Any] = field(default_factory=dict)


def refused(error: ChatError | QuestionError) -> Told:
    """The question was not taken."""
    if isinstance(error, QuestionError):
        return Told(HTTPStatus.UNPROCESSABLE_ENTITY, f"question_{error.code}", str(error))
    status = _REFUSED.get(type(error), HTTPStatus.UNPROCESSABLE_ENTITY)
    return Told(status, error.code, str(error), BUSY_RETRY_S if isinstance(error, TooBusy) else None)


def failed(answer: Message) -> Told:
    """The question was taken, and its answer ended early; ``part`` is what came of it."""
    code = answer.error_code or "answer_failed"
    if answer.status == Message.Status.INTERRUPTED:
        code = "interrupted"
    detail = answer.error or _("The site was restarted while this answer was written; ask again.")
    more = {
        "conversation_id": str(answer.conversation_id),
        "message_id": str(answer.pk),
        "part": answer.text,
        "problems": problems(answer),
    }
    last = answer.failures[-1] if answer.failures else {}
    if last.get("detail") and is_for_administrator(answer):
        detail = last["detail"]
    wait = last.get("retry_after") if last.get("code") == code else None
    return told(code, detail, wait, more)


def problems(answer: Message) -> list[dict[str, Any]]:
    """What went wrong with the models on the way to ``answer``, in order, also where another one stepped in.

    The members are those of a problem object, and ``endpoint`` is the short name of the model.
    """
    in_full = bool(details(answer))
    return [_problem(failure, in_full=in_full) for failure in answer.failures]


def is_for_administrator(answer: Message) -> bool:
    """Whether who reads it may know the addresses of models: a conversation is its owner's alone."""
    return bool(answer.conversation.owner.is_superuser)


def details(answer: Message) -> list[str]:
    """What an administrator reads of the models that failed, besides what everybody does."""
    told = [failure["detail"] for failure in answer.failures if failure.get("detail")]
    return told if told and is_for_administrator(answer) else []


def _problem(failure: dict[str, Any], *, in_full: bool) -> dict[str, Any]:
    detail = (failure.get("detail") if in_full else "") or failure["message"]
    known = told(failure["code"], detail, failure["retry_after"], {})
    problem = {
        "type": f"/problems/{known.code}",
        "title": HTTPStatus(known.status).phrase,
        "status": int(known.status),
        "detail": known.detail,
        "endpoint": failure["endpoint"],
    }
    return problem if known.retry_after is None else problem | {"retry_after": ceil(known.retry_after)}


def told(code: str, detail: str, wait: float | None, more: dict[str, Any]) -> Told:
    """``code`` is that of ``llm.errors`` or ``chat.errors``, ``wait`` what the server asked for."""
    retry_after = (wait or BUSY_RETRY_S) if code in _RETRY else None
    if code in _FAILED:
        return Told(_FAILED[code], f"model_{code}", detail, retry_after, more)
    return Told(_OURS.get(code, HTTPStatus.SERVICE_UNAVAILABLE), code, detail, retry_after, more)
