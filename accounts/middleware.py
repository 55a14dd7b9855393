"""Until an administrator exists, every page leads to the explanation of the one-time link."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import services

_OPEN = ("/welcome/", "/static/", "/healthz", "/readyz", "/i18n/", "/api/")


class FirstVisitMiddleware:
    """Asks the database only until the first administrator is seen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._ready = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self._ready and not request.path.startswith(_OPEN):
            if services.needs_setup():
                return render(request, "accounts/setup_needed.html", status=503)
            self._ready = True
        return self.get_response(request)
