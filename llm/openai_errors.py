"""What an OpenAI-compatible server says when it refuses, as one of our errors.

Sources: the error bodies of OpenAI, Qianfan v2, llama-server, vLLM and Ollama; some of them arrive
under HTTP 200.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from llm import server_errors as say
from llm.errors import BadResponse, LLMError, Loading
from llm.server_errors import Place

LOADING_WAIT_S = 3.0

_TOO_LONG = ("context_length", "context_size", "tokens_too_long", "characters_too_long")
_TOO_LONG_TEXT = ("context length", "context size", "maximum context", "context window")
# xAI and Gemini say this under 400.
_BAD_KEY_TEXT = ("incorrect api key", "api key not valid", "invalid api key")
_UNSAFE = ("unsafe", "content_filter", "content_policy", "data_inspection")
_NO_MODEL = ("model_not_found", "invalid_model", "not_found_error")
_NO_MONEY = ("insufficient_quota", "quota_exceeded", "billing", "arrear")
_STATUS_OF_CODE = (
    ("rate_limit", 429),
    ("overloaded", 503),
    ("unavailable", 503),
    ("internal", 503),
    ("api_key", 401),
    ("authentication", 401),
    ("iam_token", 401),
    ("access_denied", 403),
)


def from_body(status: int, body: object, place: Place, *, retry_after: float | None = None) -> LLMError:
    """The error for HTTP ``status`` (200 included) with the parsed or raw ``body``."""
    code, message = _code_and_message(body)
    status = _status(status, body, code)
    if _has(code, _TOO_LONG) or _has(message.lower(), _TOO_LONG_TEXT):
        return _too_long(body, place)
    if _has(code, _UNSAFE):
        return say.blocked()
    if status == 402 or _has(code, _NO_MONEY):
        return say.no_quota()
    if status == 400 and any(mark in message.lower() for mark in _BAD_KEY_TEXT):
        return say.key_refused(place)
    if status in (401, 403) and not _has(code, _NO_MODEL):
        return say.key_refused(place)
    said = place.clean(message) or f"HTTP {status}"
    return _by_status(status, code, said, place, retry_after)


def _by_status(status: int, code: str, said: str, place: Place, retry_after: float | None) -> LLMError:
    if status == 404 or _has(code, _NO_MODEL):
        return say.unknown_model(place, said)
    if status == 413:
        return say.too_long(place)
    if status == 429:
        return say.too_many(retry_after)
    if status in (408, 409, 425) or status >= 500:
        if "loading" in said.lower():
            return Loading(
                str(say.not_ready(place, said)),
                retry_after=LOADING_WAIT_S if retry_after is None else retry_after,
            )
        return say.not_ready(place, said, retry_after)
    return BadResponse(
        _("The language model at %(url)s refused the request: %(said)s")
        % {"url": place.base_url, "said": said}
    )


def not_the_protocol(place: Place, said: str = "") -> BadResponse:
    return BadResponse(
        _("%(url)s does not answer like an OpenAI-compatible server: check that the base URL of the endpoint "
          "ends where its API begins, often in /v1. %(said)s")
        % {"url": place.base_url, "said": place.clean(said)}
    )  # fmt: skip


def nothing_listed(place: Place) -> BadResponse:
    return BadResponse(
        _("%(url)s lists no model: load one there, or name the model in the endpoint.")
        % {"url": place.base_url}
    )


def _has(text: str, marks: tuple[str, ...]) -> bool:
    return any(mark in text for mark in marks)


def _too_long(body: object, place: Place) -> LLMError:
    """llama-server tells both numbers."""
    error = _error(body)
    prompt, context = (error.get(name) for name in ("n_prompt_tokens", "n_ctx"))
    if isinstance(prompt, int) and isinstance(context, int):
        return say.too_long(place, prompt_tokens=prompt, context_tokens=context)
    return say.too_long(place)


def _code_and_message(body: object) -> tuple[str, str]:
    """The code and the type together, in lower case; the message as it is."""
    if isinstance(body, str):
        return "", body
    error = _error(body)
    code = f"{error.get('code') or error.get('error_code') or ''} {error.get('type') or ''}".lower()
    return code, str(error.get("message") or error.get("error_msg") or error.get("detail") or "")


def _error(body: object) -> Mapping[str, Any]:
    """The error's own object: the SDK hands over what stands under ``error``, a raw body has it inside."""
    if not isinstance(body, Mapping):
        return {"message": str(body or "")}
    error = body.get("error", body)
    return error if isinstance(error, Mapping) else {"message": str(error)}


def _status(status: int, body: object, code: str) -> int:
    """Under HTTP 200 the body's own code counts: a number, or the status that belongs to a name."""
    if status >= 400:
        return status
    number = str(_error(body).get("code") or "")
    if number.isdigit() and 400 <= int(number) < 600:
        return int(number)
    return next((belongs for mark, belongs in _STATUS_OF_CODE if mark in code), status)
