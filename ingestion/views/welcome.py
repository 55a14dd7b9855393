"""The first visit: one page that makes the administrator and the first collection."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.services import is_setup_token
from accounts.views import keep_language
from ingestion.forms import WelcomeForm


@never_cache
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    if not is_setup_token(token):
        return render(request, "accounts/welcome_used.html", status=410)
    form = WelcomeForm(request.POST or None, initial={"language": get_language()})
    user = form.save(token) if form.is_valid() else None
    if user is None:
        return render(request, "accounts/welcome.html", {"form": form}, status=422 if form.is_bound else 200)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    with translation.override(user.language):
        response = redirect(form.first_collection(user))
    keep_language(response, user.language)
    return response
