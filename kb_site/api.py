"""The HTTP API: authentication, errors and the routers of each room."""

import json
import logging
from hashlib import sha256
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser
from ninja.security import HttpBearer
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from accounts.models import User
from accounts.rate_limits import TooManyRequests
from accounts.services import user_for_api_key
from chat.api import router as chat_router
from chat.export_api import router as export_router
from chat.feedback.api import router as feedback_router
from chat.insights.api import router as insights_router
from chat.library.api import router as library_router
from chat.prompt_library.editing_api import router as prompts_router
from chat.sharing.api import router as sharing_router
from chat.verified.api import router as verified_router
from chat.widget.api import router as widget_router
from chat.widget.manage_api import router as widgets_router
from ingestion.api import router as ingestion_router
from ingestion.errors import IngestionError
from ingestion.golden_api import router as golden_router
from ingestion.sources_api import router as sources_router
from ingestion.synonyms_api import router as synonyms_router
from kb_site.problems import Problem
from kb_site.too_large import beyond
from search.errors import SearchError

log = logging.getLogger(__name__)

_STATUS = {"too_large": 413, "disk_full": 507, "slug_taken": 409, "paused": 409}


class ApiKeyAuth(HttpBearer):
    """``Authorization: Bearer <API key>``; the key's user becomes ``request.user``, and its digest
    ``request.api_key``, by which ``accounts.rate_limits`` counts."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        user = user_for_api_key(token)
        if user is not None:
            request.user = user
            request.api_key = sha256(token.encode()).hexdigest()  # type: ignore[attr-defined]
        return user


class Visitor(AuthBase):
    """The browser's session, where signed in; otherwise a visitor, who sees what is public.

    A bearer key that is wrong is refused and never treated as a visitor. A session must prove with its
    CSRF token that the request is its own.
    """

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = "sessionid"

    def __call__(self, request: HttpRequest) -> Any:
        if request.headers.get("Authorization"):
            return None
        if request.user.is_authenticated and check_csrf(request) is not None:
            raise Problem(
                403, _("The CSRF token is missing or wrong. Reload the page and try again."), code="csrf"
            )
        return request.user


class TextParser(Parser):
    """JSON whose text can be stored: a lone surrogate is no character (RFC 8259, section 8.2), and
    answered with 400 as any other broken JSON."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        data = super().parse_body(request)
        json.dumps(data, ensure_ascii=False).encode()
        return data


api = NinjaAPI(
    title="Youju",
    version="1",
    description="Knowledge search: collections, documents, search and answers with citations.",
    auth=[ApiKeyAuth(), Visitor()],
    docs_url=None,
    parser=TextParser(),
)
api.add_router("", ingestion_router)
api.add_router("", sources_router)
api.add_router("", golden_router)
api.add_router("", synonyms_router)
api.add_router("", chat_router)
api.add_router("", export_router)
api.add_router("", library_router)
api.add_router("", sharing_router)
api.add_router("", prompts_router)
api.add_router("", insights_router)
api.add_router("", widget_router)
api.add_router("", widgets_router)
api.add_router("", feedback_router)
api.add_router("", verified_router)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, error: Problem) -> HttpResponse:
    return error.response()


@api.exception_handler(IngestionError)
def _refused(request: HttpRequest, error: IngestionError) -> HttpResponse:
    return Problem(_STATUS.get(error.code, 422), str(error), code=error.code).response()


@api.exception_handler(TooManyRequests)
def _too_often(request: HttpRequest, error: TooManyRequests) -> HttpResponse:
    return Problem(429, str(error), code=error.code, retry_after=error.retry_after).response()


@api.exception_handler(SearchError)
def _unavailable(request: HttpRequest, error: SearchError) -> HttpResponse:
    log.error("%s %s: %s", request.method, request.path, error)
    return Problem(503, str(error), code="search_unavailable").response()


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    if not request.user.is_authenticated:
        return _sign_in()
    return Problem(404, str(error) or _("There is nothing here."), code="not_found").response()


@api.exception_handler(PermissionDenied)
def _denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    if not request.user.is_authenticated:
        return _sign_in()
    return Problem(403, str(error) or _("You may not do this."), code="forbidden").response()


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return _sign_in()


def _sign_in() -> HttpResponse:
    detail = _("Sign in, or send an API key as a bearer token. Keys are made in the settings.")
    answer = Problem(401, detail, code="unauthenticated").response()
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    parts = [f"{'.'.join(str(part) for part in item['loc'][1:])}: {item['msg']}" for item in error.errors]
    return Problem(422, "; ".join(parts), code="invalid").response()


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return Problem(error.status_code, str(error)).response()


@api.exception_handler(RequestDataTooBig)
def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    too_large = beyond(error)
    assert too_large is not None
    return too_large.problem().response()


@api.exception_handler(Exception)
def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    log.exception("%s %s failed", request.method, request.path)
    return Problem(500, _("Something broke here. The log of the site says what."), code="internal").response()
