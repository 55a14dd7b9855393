"""What an OpenAI-compatible server says when it refuses, as one of our errors.

Sources: the error bodies of OpenAI, Qianfan v2, llama-server, vLLM and Ollama; some of them arrive
under HTTP 200.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from llm.errors import (
    AuthRefused,
    BadResponse,
    Blocked,
    ContextTooLong,
    LLMError,
    QuotaUsedUp,
    RateLimited,
    Unavailable,
    UnknownModel,
    redacted,
)

_TOO_LONG = ("context_length", "context_size", "tokens_too_long", "characters_too_long")
_TOO_LONG_TEXT = ("context length", "context size", "maximum context", "context window")
_UNSAFE = ("unsafe", "content_filter", "content_policy", "data_inspection")
_NO_MODEL = ("model_not_found", "invalid_model", "not_found_error")
_NO_MONEY = ("insufficient_quota", "quota_exceeded", "billing", "arrear")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the request went; ``api_key`` is only there to be cut out of messages."""

    base_url: str
    model: str
    api_key: str


def from_body(status: int, body: object, place: Place, *, retry_after: float | None = None) -> LLMError:
    """The error for HTTP ``status`` (200 included) with the parsed or raw ``body``."""
    code, message = _code_and_message(body)
    said = redacted(message, place.api_key) or f"HTTP {status}"
    status = _status(status, body)
    if any(mark in code for mark in _TOO_LONG) or any(mark in message.lower() for mark in _TOO_LONG_TEXT):
        return ContextTooLong(
            _("The question and its sources do not fit into the model “%(model)s”: ask a shorter question, "
              "or set LLM_CONTEXT_TOKENS to the size of its context.") % {"model": place.model}
        )  # fmt: skip
    if any(mark in code for mark in _UNSAFE):
        return Blocked(
            _("The model's provider withheld the answer as unsafe. Rephrase the question, "
              "or use another model.")
        )  # fmt: skip
    if status == 402 or any(mark in code for mark in _NO_MONEY):
        return QuotaUsedUp(
            _("The account behind the language model has used up its quota: top it up with the provider, "
              "or use another model.")
        )  # fmt: skip
    if status in (401, 403) and not any(mark in code for mark in _NO_MODEL):
        return AuthRefused(
            _("%(url)s refuses the key: check LLM_API_KEY and what the key may be used for.")
            % {"url": place.base_url}
        )
    return _by_status(status, code, said, place, retry_after)


def _by_status(status: int, code: str, said: str, place: Place, retry_after: float | None) -> LLMError:
    names = {"url": place.base_url, "model": place.model, "said": said}
    if status == 404 or any(mark in code for mark in _NO_MODEL):
        return UnknownModel(
            _("%(url)s does not know the model “%(model)s”: check LLM_MODEL and LLM_BASE_URL (%(said)s).")
            % names
        )
    if status == 413:
        return ContextTooLong(_("The question and its sources are too long for %(url)s.") % names)
    if status == 429:
        return RateLimited(
            _("The language model receives too many requests now: wait a little and try again."),
            retry_after=retry_after,
        )
    if status in (408, 409, 425) or status >= 500:
        return Unavailable(
            _("The language model at %(url)s is not ready (%(said)s): try again shortly.") % names,
            retry_after=retry_after,
        )
    return BadResponse(_("The language model at %(url)s refused the request: %(said)s") % names)


def unreachable(place: Place) -> Unavailable:
    return Unavailable(
        _("The language model at %(url)s cannot be reached: check that the server runs and that "
          "LLM_BASE_URL is right.") % {"url": place.base_url}
    )  # fmt: skip


def silent(place: Place, seconds: float) -> Unavailable:
    return Unavailable(
        _("The language model at %(url)s said nothing for %(seconds)d seconds: try again, or raise "
          "LLM_TIMEOUT_S.") % {"url": place.base_url, "seconds": round(seconds)}
    )  # fmt: skip


def dropped(place: Place) -> Unavailable:
    return Unavailable(
        _("The language model at %(url)s broke off in the middle of its answer: try again.")
        % {"url": place.base_url}
    )


def not_the_protocol(place: Place, said: str = "") -> BadResponse:
    return BadResponse(
        _("%(url)s does not answer like an OpenAI-compatible server: check that LLM_BASE_URL ends where its "
          "API begins, often in /v1. %(said)s")
        % {"url": place.base_url, "said": redacted(said, place.api_key)}
    )  # fmt: skip


def _code_and_message(body: object) -> tuple[str, str]:
    error = _error(body)
    if error is None:
        return "", body if isinstance(body, str) else ""
    if not isinstance(error, Mapping):
        return "", str(error)
    code = f"{error.get('code') or ''} {error.get('type') or ''}".lower()
    return code, str(error.get("message") or "")


def _error(body: object) -> Any:
    """The error's own object: the SDK hands over what stands under ``error``, a raw body has it inside."""
    if isinstance(body, Mapping):
        return body.get("error", body)
    return None


def _status(status: int, body: object) -> int:
    """Under HTTP 200 the body's own code counts, where it is a number."""
    error = _error(body)
    code = error.get("code") if isinstance(error, Mapping) else None
    if status < 400 and str(code or "").isdigit() and 400 <= int(str(code)) < 600:
        return int(str(code))
    kind = str(error.get("type") or error.get("code") or "") if isinstance(error, Mapping) else ""
    if status < 400 and "rate_limit" in kind:
        return 429
    return 503 if status < 400 and ("unavailable" in kind or "internal" in kind) else status
