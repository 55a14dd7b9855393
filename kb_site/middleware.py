"""What holds for every answer of the site."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kb_site.problems import Problem

Next = Callable[[HttpRequest], HttpResponse]
_DETAILS = {
    400: gettext_noop("The request could not be understood."),
    404: gettext_noop("There is nothing at this address. The API is described at /api/v1/openapi.json."),
    405: gettext_noop(
        "This address does not take that method. The API is described at /api/v1/openapi.json."
    ),
}


class ApiProblemMiddleware:
    """Below /api/v1/, errors that did not come from the API itself are problem objects too."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith("/api/v1/") or response.status_code < 400 or response.streaming:
            return response
        if "json" in response.get("Content-Type", ""):
            return response
        status = HTTPStatus(response.status_code)
        problem = Problem(status, _(_DETAILS.get(status, status.description or status.phrase))).response()
        if "Allow" in response:
            problem["Allow"] = response["Allow"]
        return problem


class FormAddressMiddleware:
    """Who opens an address that only takes forms, as after signing in in the middle of sending one, reads so
    instead of a browser's empty page."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or request.method != "GET":
            return response
        if not request.accepts("text/html"):
            return response
        page = render(request, "405.html", status=HTTPStatus.METHOD_NOT_ALLOWED)
        page["Allow"] = response["Allow"]
        return page


class PrivatePagesMiddleware:
    """What somebody signed in sees is kept by no shared cache, and not shown after signing out."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response
