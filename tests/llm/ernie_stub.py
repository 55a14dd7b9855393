"""Baidu Qianfan v1 on the loopback: token, chat and template services with their rules.

Errors come under HTTP 200, and the stream has no ``[DONE]``, as with the real ones.
"""

import json
from typing import Any

from tests.llm.http_stub import Answer, HTTPStub, Recorded, Reply

TOKEN_PATH = "/oauth/2.0/token"
CHAT_PREFIX = "/rpc/2.0/ai_custom/v1/wenxinworkshop/chat/"
TEMPLATE_PATH = "/rest/2.0/wenxinworkshop/api/v1/template/info"
API_KEY = "k-0123456789abcdef"
SECRET_KEY = "s-fedcba9876543210"
LONGEST_SYSTEM = 1024


def frame(text: str = "", *, end: bool = False, number: int = 0, **more: Any) -> str:
    usage = {"prompt_tokens": 1, "completion_tokens": 2 + number, "total_tokens": 3 + number}
    data = {
        "id": "as-x",
        "object": "chat.completion",
        "created": 1,
        "sentence_id": number,
        "is_end": end,
        "is_truncated": False,
        "result": text,
        "need_clear_history": False,
        "usage": usage,
    }
    return f"data: {json.dumps(data | more, ensure_ascii=False)}\n\n"


def v1_spoken(*texts: str) -> list[str]:
    frames = [frame(text, number=number) for number, text in enumerate(texts)]
    return [*frames, frame(end=True, number=len(texts))]


def refused(code: int, message: str = "", **headers: str) -> Reply:
    body = {"error_code": code, "error_msg": message or f"error {code}", "id": "as-x"}
    return Reply(body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


class ErnieStub(HTTPStub):
    """Gives out tokens ``24.1``, ``24.2``, …, of which the newest is ``valid``.

    ``replies`` answer correct chat requests in order; the last one stays.
    """

    def __init__(self) -> None:
        super().__init__()
        self.expires_in: float = 2_592_000
        self.given = 0
        self.valid: set[str] = set()
        self.token_reply: Reply | None = None
        self.replies: list[Answer] = [Reply(pieces=v1_spoken("Hello."))]
        self.templates: dict[str, tuple[str, str]] = {"6610": ("展览", "提高{target}")}

    @property
    def chats(self) -> list[Recorded]:
        return [request for request in self.requests if request.path.startswith(CHAT_PREFIX)]

    @property
    def grants(self) -> list[Recorded]:
        return [request for request in self.requests if request.path == TOKEN_PATH]

    def say(self, *texts: str, **options: Any) -> None:
        self.replies = [Reply(pieces=v1_spoken(*texts), **options)]

    def revoke(self) -> None:
        """Every token given so far has ended."""
        self.valid.clear()

    def answer(self, request: Recorded) -> Reply:
        if request.path == TOKEN_PATH:
            return self._grant(request.query)
        if request.query.get("access_token") not in self.valid:
            return refused(110 if self.valid else 111, "Access token invalid or no longer valid")
        if request.path == TEMPLATE_PATH:
            return self._template(request.query)
        if not request.path.startswith(CHAT_PREFIX):
            return refused(3, "Unsupported openapi method")
        return _wrong(request.body) or self._next(request)

    def _grant(self, query: dict[str, str]) -> Reply:
        if self.token_reply is not None:
            return self.token_reply
        assert query["grant_type"] == "client_credentials"
        if query["client_id"] != API_KEY:
            return Reply(body={"error": "invalid_client", "error_description": "unknown client id"})
        if query["client_secret"] != SECRET_KEY:
            said = "Client authentication failed"
            return Reply(status=401, body={"error": "invalid_client", "error_description": said})
        with self._lock:
            self.given += 1
            token = f"24.{self.given}.2592000.1767225600.282335-1"
            self.valid = {token}
        return Reply(body={"access_token": token, "expires_in": self.expires_in, "refresh_token": "25.x"})

    def _template(self, query: dict[str, str]) -> Reply:
        if query.get("id") not in self.templates:
            return Reply(body={"log_id": "x", "result": None, "status": 400, "success": False})
        name, content = self.templates[query["id"]]
        names = [part.partition("}")[0] for part in content.split("{")[1:]]
        filled = content
        for variable in names:
            filled = filled.replace(f"{{{variable}}}", query.get(variable, f"{{{variable}}}"))
        result = {
            "templateId": int(query["id"]),
            "templateName": name,
            "templateContent": content,
            "templateVariables": ",".join(names),
            "content": filled,
        }
        return Reply(body={"log_id": "x", "result": result, "status": 200, "success": True})

    def _next(self, request: Recorded) -> Reply:
        with self._lock:
            reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return reply(request) if callable(reply) else reply


def _wrong(body: dict[str, Any]) -> Reply | None:
    messages = body["messages"]
    roles = [message["role"] for message in messages]
    if len(roles) % 2 == 0:
        return refused(336003, "the length of messages must be an odd number")
    if roles != ["user", "assistant"] * (len(roles) // 2) + ["user"]:
        return refused(336003, "the role of message with even index in the messages must be assistant")
    if not all(message["content"] for message in messages):
        return refused(336003, "message content can not be empty")
    if len(body.get("system", "")) > LONGEST_SYSTEM:
        return refused(336104, "the max length of system is 1024")
    if not 0 < body.get("temperature", 0.8) <= 1:
        return refused(336003, "temperature range is (0, 1]")
    if not 2 <= body.get("max_output_tokens", 1024) <= 2048:
        return refused(336003, "max_output_tokens range is [2, 2048]")
    stops = body.get("stop", [])
    if len(stops) > 4 or any(len(stop) > 20 for stop in stops):
        return refused(336003, "stop holds at most 4 strings of 20 characters")
    return None
