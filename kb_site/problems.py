"""Errors of the API as ``application/problem+json`` (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from django.http import JsonResponse


class Problem(Exception):
    """Raise it anywhere below an API endpoint. ``detail`` tells the caller what to do."""

    def __init__(self, status: int, detail: str, *, title: str = "", code: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.title = title or HTTPStatus(status).phrase
        self.code = code

    def as_dict(self) -> dict[str, Any]:
        kind = f"/problems/{self.code}" if self.code else "about:blank"
        return {"type": kind, "title": self.title, "status": self.status, "detail": self.detail}

    def response(self) -> JsonResponse:
        return JsonResponse(self.as_dict(), status=self.status, content_type="application/problem+json")
