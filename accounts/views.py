"""Signing in and out, appearance, API keys and the settings page."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings as site
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views import i18n
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import services
from accounts.forms import AppearanceForm, KeyForm, LoginForm, PasswordForm, UserForm
from accounts.models import Theme, User
from accounts.rate_limits import TooManyRequests

_YEAR = 365 * 24 * 3600


class Login(auth_views.LoginView):
    """Signs in and brings the account's language along."""

    template_name = "accounts/login.html"
    form_class = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        keep_language(response, cast(User, form.get_user()).language)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """The page again; 429 where the password was not even looked at."""
        response = super().form_invalid(form)
        if form.has_error("__all__", TooManyRequests.code):
            response.status_code = 429
            response["Retry-After"] = str(form.retry_after)
        return response


class Password(auth_views.PasswordChangeView):
    template_name = "accounts/password.html"
    form_class = PasswordForm
    success_url = reverse_lazy("settings")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your password is changed."))
        return super().form_valid(form)


def keep_language(response: HttpResponseBase, language: str) -> None:
    """Stores the choice where Django's middleware looks for it."""
    if language in dict(site.LANGUAGES):
        response.set_cookie(
            site.LANGUAGE_COOKIE_NAME,
            language,
            max_age=_YEAR,
            httponly=True,
            samesite="Lax",
            secure=site.SESSION_COOKIE_SECURE,
        )


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Django's language switch, which the account remembers too."""
    chosen = request.POST.get("language", "")
    if request.user.is_authenticated and chosen in dict(site.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=chosen)
    return i18n.set_language(request)


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keeps light, dark or automatic colours in the account, or in a cookie for visitors."""
    chosen = request.POST.get("theme", "")
    is_script = request.headers.get("X-Requested-With") == "fetch"
    response = HttpResponse(status=204) if is_script else redirect(_next(request))
    if chosen in Theme.values:
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(theme=chosen)
        response.set_cookie("theme", chosen, max_age=_YEAR, httponly=True, samesite="Lax")
    return response


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else reverse("search")


@login_required
@require_GET
def settings(request: HttpRequest) -> HttpResponse:
    return _settings_page(request)


@login_required
@require_http_methods(["GET", "POST"])
def save_appearance(request: HttpRequest) -> HttpResponse:
    """As the two below: a refused form stays at this address, where a reload must not fail."""
    if request.method == "GET":
        return redirect("settings")
    form = AppearanceForm(request.POST)
    if not form.is_valid():
        return _settings_page(request, appearance=form)
    User.objects.filter(pk=cast(User, request.user).pk).update(**form.cleaned_data)
    response = redirect("settings")
    keep_language(response, form.cleaned_data["language"])
    messages.success(request, _("Saved."))
    return response


@login_required
@require_http_methods(["GET", "POST"])
@never_cache
def create_key(request: HttpRequest) -> HttpResponse:
    """Answers with the page itself, because the key can be shown this once only."""
    if request.method == "GET":
        return redirect(reverse("settings") + "#keys")
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _settings_page(request, key_form=form)
    key, text = form.save(cast(User, request.user))
    return _settings_page(request, new_key=key, new_key_text=text)


@login_required
@require_POST
def revoke_key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    if services.revoke_api_key(user=cast(User, request.user), key_id=str(key_id)):
        messages.success(request, _("The key is revoked. Programs that use it are refused from now on."))
    return redirect(reverse("settings") + "#keys")


@login_required
@require_http_methods(["GET", "POST"])
def create_user(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return redirect(reverse("settings") + "#users")
    if not cast(User, request.user).is_superuser:
        raise PermissionDenied(_("Only administrators may add users."))
    form = UserForm(request.POST)
    user = form.save() if form.is_valid() else None
    if user is None:
        return _settings_page(request, user_form=form)
    messages.success(request, _("%(name)s can sign in now.") % {"name": user.username})
    return redirect(reverse("settings") + "#users")


def _settings_page(request: HttpRequest, **context: Any) -> HttpResponse:
    user = cast(User, request.user)
    page = {
        "appearance": AppearanceForm(initial={"language": get_language(), "theme": user.theme}),
        "keys": user.api_keys.all(),
        "key_form": KeyForm(),
        "user_form": UserForm(),
        "users": _people() if user.is_superuser else User.objects.none(),
        **context,
    }
    refused = any(isinstance(value, Form) and value.is_bound for value in context.values())
    return render(request, "accounts/settings.html", page, status=422 if refused else 200)


def _people() -> QuerySet[User]:
    return User.objects.filter(is_service=False).order_by("username")
