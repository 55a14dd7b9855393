"""Baidu Qianfan v2: OpenAI's chat completions with ``bce-v3`` keys and safety flags (ERNIE 4.x, 5.x).

Source: github.com/baidubce/bce-qianfan-sdk and Qianfan's API documents.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from llm.ernie_messages import alternating
from llm.errors import AuthRefused, LLMError
from llm.openai import OpenAICompatible
from llm.types import Kind, Options, Request

BASE_URL = "https://qianfan.baidubce.com/v2"
KEY_BEGINS = "bce-v3/"
# The service takes a temperature in (0, 1].
LOWEST_TEMPERATURE = 0.01


class Qianfan(OpenAICompatible):
    """``appid`` among the parameters chooses the application that is billed; it travels as a header."""

    name: ClassVar[str] = "qianfan"
    kind: ClassVar[Kind] = Kind(
        title=gettext_noop("Baidu Qianfan v2"),
        examples=gettext_noop("ERNIE 4.x, 5.x"),
        required=frozenset({"api_key", "model"}),
        optional=frozenset({"base_url"}),
        preset=Options(base_url=BASE_URL, model="ernie-4.5-turbo-128k", context_tokens=32_768),
        currency="CNY",
        # A quota per minute is full again within 60 seconds.
        patience_s=90,
    )

    def __init__(self, options: Options) -> None:
        super().__init__(replace(options, base_url=options.base_url or BASE_URL))

    def headers(self) -> dict[str, str]:
        appid = str(super().parameters().get("appid") or "").strip()
        return {"appid": appid} if appid else {}

    def parameters(self) -> Mapping[str, Any]:
        return {name: value for name, value in super().parameters().items() if name != "appid"}

    def body(self, request: Request) -> dict[str, Any]:
        dialogue = alternating(request.messages)
        system = [{"role": "system", "content": dialogue.system}] if dialogue.system else []
        spoken = [{"role": message.role, "content": message.content} for message in dialogue.messages]
        body = super().body(request)
        return body | {
            "messages": [*system, *spoken],
            "temperature": min(1.0, max(LOWEST_TEMPERATURE, request.temperature)),
            "max_completion_tokens": body.pop("max_tokens"),
        }

    def refusal(self, error: LLMError) -> LLMError:
        """A key of v1 is the usual reason: both are called API key."""
        if isinstance(error, AuthRefused) and not self.place.api_key.startswith(KEY_BEGINS):
            return AuthRefused(
                _("Qianfan v2 refuses the key: its keys begin with bce-v3/ALTAK-, and that of this endpoint "
                  "does not. Make one under “API Key” in the Qianfan console, or use a v1 endpoint for an "
                  "API key with a secret key.")
            )  # fmt: skip
        return error
