"""Baidu Qianfan v2 on the loopback: keys, message rules and the error bodies of its documents."""

from typing import Any

from tests.llm.http_stub import Recorded, Reply
from tests.llm.openai_stub import OpenAIStub, chunk

KEY = "bce-v3/ALTAK-0123456789abcdef/fedcba98765432100123456789abcdef01234567"


def v2_spoken(*texts: str) -> list[str]:
    """Keep-alives, ``object`` without ``.chunk``, ``flag`` 0, "normal", usage apart."""
    pieces = [": keep-alive\n\n"]
    for text in texts:
        pieces.append(chunk({"content": text}, object="chat.completion"))
        pieces.append(": keep-alive\n\n")
    pieces.append(chunk({"content": ""}, finish="normal", object="chat.completion"))
    numbers = {"prompt_tokens": 2, "completion_tokens": 21, "total_tokens": 23}
    return [*pieces, chunk(None, usage=numbers), "data: [DONE]\n\n"]


def refused(status: int, code: str, message: str = "", **headers: str) -> Reply:
    kind = "rate_limit_exceeded" if status == 429 else "invalid_request_error"
    error = {"code": code, "message": message or code, "type": kind}
    return Reply(status=status, body={"error": error, "id": "as-x"}, headers=headers)


class QianfanStub(OpenAIStub):
    """Refuses what the real service refuses before it gives one of ``replies``."""

    def __init__(self) -> None:
        super().__init__()
        self.keys = {KEY}
        self.replies = [Reply(pieces=v2_spoken("Hello."))]

    @property
    def base_url(self) -> str:
        return f"{self.address}/v2"

    def say(self, *texts: str, **options: Any) -> None:
        self.replies = [Reply(pieces=v2_spoken(*texts), **options)]

    def answer(self, request: Recorded) -> Reply:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if key not in self.keys:
            return refused(401, "invalid_iam_token", f"Invalid token {key}")
        if request.method == "POST" and (wrong := _wrong(request.body)):
            return wrong
        return super().answer(request)


def _wrong(body: dict[str, Any]) -> Reply | None:
    if not body.get("model"):
        return refused(400, "invalid_model", "model is empty")
    roles = [message["role"] for message in body["messages"]]
    spoken = roles[1:] if roles[:1] == ["system"] else roles
    if not spoken or spoken != ["user", "assistant"] * (len(spoken) // 2) + ["user"]:
        return refused(400, "invalid_messages", "the roles must alternate and end with user")
    if not all(message["content"] for message in body["messages"]):
        return refused(400, "invalid_messages", "content can not be empty")
    if not 0 < body.get("temperature", 0.8) <= 1:
        return refused(400, "invalid_argument", "temperature must be in (0, 1]")
    return None
