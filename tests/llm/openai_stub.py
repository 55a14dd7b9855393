"""A loopback server that speaks OpenAI's chat completions, with the ways in which servers differ."""

import json
from typing import Any

from tests.llm.http_stub import Answer, HTTPStub, Recorded, Reply

__all__ = ["OpenAIStub", "Recorded", "Reply", "chunk", "spoken"]


def chunk(delta: dict[str, Any] | None = None, *, finish: str | None = None, **more: Any) -> str:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    data = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices}
    return f"data: {json.dumps(data | more, ensure_ascii=False)}\n\n"


def spoken(*texts: str, usage: bool = True, done: bool = True, finish: str = "stop") -> list[str]:
    """A well-behaved stream: role first, then ``texts``, the reason to finish, usage, ``[DONE]``."""
    pieces = [chunk({"role": "assistant", "content": ""}), *(chunk({"content": text}) for text in texts)]
    pieces.append(chunk({}, finish=finish))
    if usage:
        numbers = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
        pieces.append(chunk(None, usage=numbers))
    return [*pieces, "data: [DONE]\n\n"] if done else pieces


class OpenAIStub(HTTPStub):
    """``replies`` are used up in order; the last one stays."""

    def __init__(self) -> None:
        super().__init__()
        self.replies: list[Answer] = [Reply(pieces=spoken("Hello."))]
        self.models: list[str] = ["stub-model"]

    @property
    def base_url(self) -> str:
        return f"{self.address}/v1"

    @property
    def chats(self) -> list[Recorded]:
        return [request for request in self.requests if request.path.endswith("/chat/completions")]

    def say(self, *texts: str, **options: Any) -> None:
        self.replies = [Reply(pieces=spoken(*texts), **options)]

    def fail(self, status: int, error: Any, **headers: str) -> None:
        body = {"error": error} if isinstance(error, dict) else error
        self.replies = [
            Reply(status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})
        ]

    def answer(self, request: Recorded) -> Reply:
        if request.method == "GET":
            return Reply(body={"object": "list", "data": [_model(name) for name in self.models]})
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return reply(request) if callable(reply) else reply


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1, "owned_by": "stub"}
