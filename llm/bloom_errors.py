"""What text-generation-inference or a Hugging Face endpoint says when it refuses, as one of our errors.

Sources: the router of text-generation-inference (``{"error", "error_type"}``), and the replies of Hugging
Face's hosted addresses (503 with ``estimated_time`` while a model loads, 410 since the old address closed).
"""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from llm import server_errors
from llm.errors import BadResponse, LLMError, UnknownModel
from llm.server_errors import Place

_TYPES = {"overloaded": 429, "validation": 422, "generation": 424, "incomplete_generation": 500}
_INPUT_LIMIT = re.compile(r"`inputs` must have less than (\d+) tokens\. Given: (\d+)")
_TOTAL_LIMIT = re.compile(r"must be <= (\d+)\. Given: (\d+) `inputs` tokens and (\d+)")
_UNUSED = re.compile(r"`model_kwargs` are not used by the model: \[(.*?)\]")


def from_body(status: int, body: object, place: Place, retry_after: float | None = None) -> LLMError:
    """The error for HTTP ``status`` (200 included) with the parsed or raw ``body``."""
    message = said(body)
    shown = place.clean(message) or f"HTTP {status}"
    status = _TYPES.get(_type(body), status)
    limit = token_limit(message)
    if status == 413 or (status in (400, 422) and limit is not None):
        context, prompt = limit or (0, 0)
        return server_errors.too_long(place, prompt_tokens=prompt, context_tokens=context)
    if status == 429:
        return server_errors.too_many(retry_after)
    seconds = _estimated_time(body)
    if seconds is not None:
        return server_errors.loading(place, seconds)
    if status in (408, 424, 425) or status >= 500:
        return server_errors.not_ready(place, shown, retry_after)
    return _refused(status, place, shown)


def _refused(status: int, place: Place, shown: str) -> LLMError:
    names = {"url": place.base_url, "said": shown}
    if status in (401, 403):
        return server_errors.key_refused(place)
    if status == 402:
        return server_errors.no_quota()
    if status == 410:
        return UnknownModel(
            _("Hugging Face has closed the address %(url)s. Serve the model yourself with "
              "text-generation-inference, or in an Inference Endpoint of your own, and give that address.")
            % names
        )  # fmt: skip
    if status in (404, 405):
        return UnknownModel(
            _("No model answers at %(url)s: give the address of the text-generation-inference server itself, "
              "without /v1 (%(said)s).") % names
        )  # fmt: skip
    return BadResponse(_("The language model at %(url)s refused the request: %(said)s") % names)


def not_the_protocol(place: Place, text: str) -> BadResponse:
    return BadResponse(
        _("%(url)s does not answer like text-generation-inference: check the address. %(said)s")
        % {"url": place.base_url, "said": place.clean(text)}
    )


def said(body: object) -> str:
    """The sentence in an error's body, whatever its shape."""
    if isinstance(body, Mapping):
        return said(next((body[key] for key in ("error", "message", "detail") if body.get(key)), ""))
    if isinstance(body, list):
        return "; ".join(filter(None, map(said, body)))
    return body if isinstance(body, str) else ""


def token_limit(message: str) -> tuple[int, int] | None:
    """(tokens a prompt may have, tokens this one had), where the server says so."""
    if found := _INPUT_LIMIT.search(message):
        return int(found[1]) - 1, int(found[2])
    if found := _TOTAL_LIMIT.search(message):
        return int(found[1]) - int(found[3]), int(found[2])
    return None


def unused_parameters(message: str) -> set[str]:
    """The parameters that a server without text-generation-inference does not take."""
    found = _UNUSED.search(message)
    return {name.strip(" '\"") for name in found[1].split(",")} if found else set()


def _type(body: object) -> str:
    return str(body.get("error_type") or "") if isinstance(body, Mapping) else ""


def _estimated_time(body: Any) -> float | None:
    try:
        return max(0.0, float(body["estimated_time"]))
    except (TypeError, KeyError, ValueError):
        return None
