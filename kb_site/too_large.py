"""What somebody reads who sent too much at once: a page, a problem object, or a line that scripts show."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kb_site.problems import Problem

SCOPE = "youju.too_large"
_MB = 2**20


class Kind(Enum):
    """What was too much; its value says the limit and what to do."""

    UPLOAD = gettext_noop(
        "One upload may have %(limit)d MB, all its files together, and each file %(file)d MB. Upload fewer "
        "files at a time, or split large ones; an administrator can raise MAX_REQUEST_MB and MAX_UPLOAD_MB."
    )
    SIGNED_OUT = gettext_noop(
        "Who is not signed in may send %(limit)d MB at once. Sign in (a program sends its API key), then "
        "upload the files again."
    )
    FORM = gettext_noop(
        "What is sent at once may have %(limit)d MB. Go back and shorten what you typed or pasted, or upload "
        "a long text to a collection as a file."
    )
    FILES = gettext_noop("At most %(limit)d files are taken at once. Upload fewer at a time.")
    FIELDS = gettext_noop("At most %(limit)d entries are taken at once. Choose fewer.")


@dataclass(frozen=True, slots=True)
class TooLarge:
    """``limit`` is in bytes, or a count of files or entries."""

    kind: Kind
    limit: int

    @property
    def words(self) -> str:
        limit = self.limit if self.kind in (Kind.FILES, Kind.FIELDS) else max(1, self.limit // _MB)
        return _(self.kind.value) % {"limit": limit, "file": settings.MAX_UPLOAD_MB}

    @property
    def needs_sign_in(self) -> bool:
        return self.kind is Kind.SIGNED_OUT

    def problem(self) -> Problem:
        """``error`` is where the scripts of the pages look for a sentence."""
        return Problem(413, self.words, code="too_large", more={"error": self.words})


class TooLargeMiddleware:
    """Answers what ``kb_site.body_limit`` took the body from, and nothing else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        too_large = getattr(request, "scope", {}).get(SCOPE)
        return refusal(request, too_large) if too_large else self.get_response(request)


def beyond(exception: Exception) -> TooLarge | None:
    """What Django itself found to be too much."""
    if isinstance(exception, RequestDataTooBig):
        return TooLarge(Kind.FORM, settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)
    if isinstance(exception, TooManyFilesSent):
        return TooLarge(Kind.FILES, settings.DATA_UPLOAD_MAX_NUMBER_FILES or 0)
    if isinstance(exception, TooManyFieldsSent):
        return TooLarge(Kind.FIELDS, settings.DATA_UPLOAD_MAX_NUMBER_FIELDS or 0)
    return None


def refusal(request: HttpRequest, too_large: TooLarge) -> HttpResponse:
    """A page for who opens one; scripts and programs get the problem object."""
    is_page = "text/html" in request.headers.get("Accept", "") and "HX-Request" not in request.headers
    if is_page and not request.path.startswith("/api/"):
        return render(request, "413.html", {"too_large": too_large}, status=413)
    return too_large.problem().response()


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The site's 400 page; what is beyond Django's limits gets its own."""
    if too_large := beyond(exception):
        return refusal(request, too_large)
    return render(request, "400.html", status=400)
