"""How an answer that failed is told to programs: with a type and a status of its own."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _

from chat.errors import ChatError, NoReadyDocuments, NotTheLast, StillWriting, TooBusy
from chat.events import QuestionError
from chat.models import Message

BUSY_RETRY_S = 30
_REFUSED: dict[type[ChatError], HTTPStatus] = {
    StillWriting: HTTPStatus.CONFLICT,
    NotTheLast: HTTPStatus.CONFLICT,
    NoReadyDocuments: HTTPStatus.CONFLICT,
    TooBusy: HTTPStatus.SERVICE_UNAVAILABLE,
}
# The codes of ``llm.errors``, whose types begin with "model_", and our own.
_FAILED = {
    "auth_refused": HTTPStatus.BAD_GATEWAY,
    "bad_response": HTTPStatus.BAD_GATEWAY,
    "unknown_model": HTTPStatus.BAD_GATEWAY,
    "misconfigured": HTTPStatus.BAD_GATEWAY,
    "quota_used_up": HTTPStatus.SERVICE_UNAVAILABLE,
    "rate_limited": HTTPStatus.SERVICE_UNAVAILABLE,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "silent": HTTPStatus.GATEWAY_TIMEOUT,
    "context_too_long": HTTPStatus.UNPROCESSABLE_ENTITY,
    "blocked": HTTPStatus.UNPROCESSABLE_ENTITY,
}
_OURS = {
    "search_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "too_busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "unknown_model_name": HTTPStatus.UNPROCESSABLE_ENTITY,
    "interrupted": HTTPStatus.SERVICE_UNAVAILABLE,
    "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
}


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
    }
    if code in _FAILED:
        return Told(_FAILED[code], f"model_{code}", detail, more=more)
    return Told(_OURS.get(code, HTTPStatus.SERVICE_UNAVAILABLE), code, detail, more=more)
