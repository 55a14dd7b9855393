"""What Baidu Qianfan v1 says when it refuses: a body with ``error_code``, most often under HTTP 200.

Sources: ``APIErrorCode`` in github.com/baidubce/bce-qianfan-sdk, and Baidu's list of error codes.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from llm import server_errors as say
from llm.ernie_models import Service
from llm.errors import AuthRefused, BadResponse, ContextTooLong, LLMError, UnknownModel
from llm.server_errors import Place

QUOTA = frozenset({17, 19})
NOT_ALLOWED = frozenset({6, 336004})
NO_TOKEN = frozenset({13, 14})
TOKEN_ENDED = frozenset({110, 111})
NOT_READY = frozenset({1, 2, 15, 336000})
NO_SUCH_SERVICE = frozenset({3, 336005})
PROMPT_TOO_LONG = 336103
# Seconds to wait where no header says so; a quota per minute is full again within one.
WAITS = {4: 1.0, 18: 1.0, 336100: 5.0, 336501: 60.0, 336502: 60.0}
_TOO_LONG_TEXT = ("too long", "max length", "max input", "maximum length", "max token")
_UNSAFE_TEXT = ("unsafe", "sensitive", "敏感")


class TokenRefused(AuthRefused):
    """The access token is wrong or has ended; a new one may help."""


def from_body(
    body: Mapping[str, Any], place: Place, service: Service | None = None, retry_after: float | None = None
) -> LLMError:
    """The error for a body that holds ``error_code``. ``retry_after`` is what a header said."""
    code = _number(body.get("error_code"))
    message = str(body.get("error_msg") or "")
    said = f"{code}: {place.clean(message)}"
    if code in TOKEN_ENDED:
        return TokenRefused(
            _("Qianfan takes the access token no longer (%(said)s): check the keys of the endpoint.")
            % {"said": said}
        )
    if code in WAITS:
        return say.too_many(WAITS[code] if retry_after is None else retry_after)
    if code in QUOTA:
        return say.no_quota()
    return _refusal(code, said, message.lower(), place, service)


def _refusal(code: int, said: str, message: str, place: Place, service: Service | None) -> LLMError:
    names = {"url": place.base_url, "model": place.model, "said": said}
    if code in NOT_ALLOWED:
        return AuthRefused(
            _("The application behind these keys may not use “%(model)s” (%(said)s): switch the service on "
              "in the Qianfan console.") % names
        )  # fmt: skip
    if code in NO_TOKEN:
        return AuthRefused(_("Qianfan gave no access (%(said)s): check the keys of the endpoint.") % names)
    if code in NOT_READY:
        return say.not_ready(place, said)
    if code in NO_SUCH_SERVICE:
        return say.unknown_model(place, said)
    if code == PROMPT_TOO_LONG or any(mark in message for mark in _TOO_LONG_TEXT):
        return too_long(place, service)
    if any(mark in message for mark in _UNSAFE_TEXT):
        return say.blocked()
    return BadResponse(_("Qianfan refused the request (%(said)s).") % names)


def from_status(status: int, place: Place, retry_after: float | None) -> LLMError:
    """The error for an HTTP status whose body says nothing in Baidu's words."""
    said = f"HTTP {status}"
    if status in (401, 403):
        return say.key_refused(place)
    if status == 404:
        return say.unknown_model(place, said)
    if status == 413:
        return say.too_long(place)
    if status == 429:
        return say.too_many(retry_after)
    if status >= 500 or status == 408:
        return say.not_ready(place, said, retry_after)
    return not_the_protocol(place, said)


def from_oauth(body: Mapping[str, Any], place: Place) -> AuthRefused:
    """The token service names what is wrong under ``error``, whatever the HTTP status."""
    description = str(body.get("error_description") or body["error"])
    if "unknown client" in description.lower():
        return AuthRefused(
            _("Baidu does not know the API key: copy the “API Key” of the application again (keys that begin "
              "with bce-v3/ belong to a v2 endpoint).")
        )  # fmt: skip
    if "authentication failed" in description.lower():
        return AuthRefused(
            _("Baidu refuses the secret key: copy the “Secret Key” of the same application again.")
        )
    return AuthRefused(
        _("Baidu refuses the keys of the endpoint (%(said)s).") % {"said": place.clean(description)}
    )


def too_long(place: Place, service: Service | None) -> ContextTooLong:
    if service is None:
        return say.too_long(place)
    return ContextTooLong(
        _("The question and its sources do not fit into “%(model)s”, which takes %(chars)d characters and "
          "%(tokens)d tokens: ask a shorter question.")
        % {"model": place.model, "chars": service.input_chars, "tokens": service.input_tokens}
    )  # fmt: skip


def not_the_protocol(place: Place, said: str = "") -> BadResponse:
    return BadResponse(
        _("%(url)s does not answer like Qianfan v1: check the base URL of the endpoint. %(said)s")
        % {"url": place.base_url, "said": place.clean(said)}
    )


def no_template(template_id: int, said: str) -> UnknownModel:
    return UnknownModel(
        _("Qianfan has no prompt template %(id)d for these keys (%(said)s).")
        % {"id": template_id, "said": said}
    )


def _number(code: object) -> int:
    try:
        return int(str(code))
    except ValueError:
        return 0
