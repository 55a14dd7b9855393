"""A loopback server that speaks text-generation-inference, with the replies of Hugging Face's addresses.

The root answers as the compatibility route does: a stream where ``stream`` is true, a list otherwise.
"""

import json
from collections.abc import Iterator
from typing import Any

from llm.bloom import Bloom
from llm.types import Delta, Options
from tests.llm.backend_contract import KEY
from tests.llm.http_stub import Answer, HTTPStub, Recorded, Reply

DETAILS = {"finish_reason": "eos_token", "generated_tokens": 7, "seed": None, "input_length": 5}


def frame(text: str, *, special: bool = False, whole: str | None = None, details: Any = None) -> str:
    """One token, or the last one where ``whole`` is the generated text. No space follows ``data:``."""
    token = {"id": 5, "text": text, "logprob": -0.1, "special": special}
    data = {"index": 1, "token": token, "generated_text": whole, "details": details}
    return f"data:{json.dumps(data, ensure_ascii=False)}\n\n"


def spoken(*texts: str, details: Any = DETAILS) -> list[str]:
    """A well-behaved stream, which ends with the special token ``</s>`` and no ``[DONE]``."""
    return [*map(frame, texts), frame("</s>", special=True, whole="".join(texts), details=details)]


def failure(error: str, kind: str) -> str:
    return f"data:{json.dumps({'error': error, 'error_type': kind})}\n\n"


class TGIStub(HTTPStub):
    """``replies`` are used up in order; the last one stays."""

    def __init__(self) -> None:
        super().__init__()
        self.replies: list[Answer] = [Reply(pieces=spoken(" Hello", "."))]

    @property
    def parameters(self) -> dict[str, Any]:
        """Those of the last request."""
        return dict(self.requests[-1].body["parameters"])

    @property
    def prompt(self) -> str:
        return str(self.requests[-1].body["inputs"])

    def say(self, *texts: str, **options: Any) -> None:
        self.replies = [Reply(pieces=spoken(*texts), **options)]

    def fail(self, status: int, body: Any, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.replies = [Reply(status=status, body=body, headers=named)]

    def answer(self, request: Recorded) -> Reply:
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return reply(request) if callable(reply) else reply


def backend(tgi: TGIStub, **options: Any) -> Bloom:
    values = {"base_url": tgi.address, "api_key": KEY, "context_tokens": 2048, "max_tokens": 256}
    return Bloom(Options(**{"timeout_s": 5, "silence_s": 5} | values | options))


def first_text(deltas: Iterator[Delta]) -> str:
    return next(delta.text for delta in deltas if delta.text)
