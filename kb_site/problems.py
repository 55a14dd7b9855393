"""Errors of the API as ``application/problem+json`` (RFC 9457)."""

import math
from http import HTTPStatus
from typing import Any

from django.http import JsonResponse


class Problem(Exception):
    """Raise it anywhere below an API endpoint. ``detail`` tells the caller what to do.

    ``retry_after`` is in seconds and becomes the header of that name; ``more`` are further members.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        title: str = "",
        code: str = "",
        retry_after: float | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.title = title or HTTPStatus(status).phrase
        self.code = code
        self.retry_after = None if retry_after is None else max(1, math.ceil(retry_after))
        self.more = more or {}

    def as_dict(self) -> dict[str, Any]:
        kind = f"/problems/{self.code}" if self.code else "about:blank"
        problem = {"type": kind, "title": self.title, "status": self.status, "detail": self.detail}
        if self.retry_after is not None:
            problem["retry_after"] = self.retry_after
        return problem | self.more

    def response(self) -> JsonResponse:
        answer = JsonResponse(self.as_dict(), status=self.status, content_type="application/problem+json")
        if self.retry_after is not None:
            answer["Retry-After"] = str(self.retry_after)
        return answer
