"""Forms of the settings page, and the base that gives every field its look."""

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import forms as auth_forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import rate_limits, services
from accounts.models import ApiKey, Theme, User

_CLASS_OF = (
    (forms.CheckboxInput, ""),
    (forms.RadioSelect, ""),
    (forms.Textarea, "textarea"),
    (forms.Select, "select"),
    (forms.Widget, "input"),
)


# Each in its own language, so that everybody finds theirs.
LANGUAGE_NAMES = [("en", "English"), ("zh-hans", "简体中文")]


class Styled(forms.Form):
    """Adds the CSS class that belongs to each widget."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            name = next(name for kind, name in _CLASS_OF if isinstance(field.widget, kind))
            if name:
                field.widget.attrs.setdefault("class", name)


class _Slowed(auth_forms.AuthenticationForm):
    """Lets one address try one name only so often; a right password begins the count anew."""

    def clean(self) -> dict[str, Any]:
        place = rate_limits.address(self.request) if self.request is not None else ""
        who = f"{place} {self.data.get('username', '').lower()}"
        try:
            rate_limits.take("login", who)
        except rate_limits.TooManyRequests as error:
            self.retry_after = error.retry_after
            raise ValidationError(str(error), code=error.code) from error
        cleaned = super().clean()
        rate_limits.forget("login", who)
        return cleaned


class LoginForm(Styled, _Slowed):
    """Name and password."""


class AdminLoginForm(_Slowed, AdminAuthenticationForm):
    """The same for the door of the administration."""


class PasswordForm(Styled, auth_forms.PasswordChangeForm):
    """The old password and the new one twice."""


class AppearanceForm(Styled):
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGE_NAMES, widget=forms.RadioSelect)
    theme = forms.ChoiceField(label=_("Colours"), choices=Theme.choices, widget=forms.RadioSelect)


class KeyForm(Styled):
    prefix = "key"
    name = forms.CharField(
        label=_("What is the key for?"),
        max_length=100,
        widget=forms.TextInput(
            attrs={"placeholder": _("for example: nightly import"), "autocomplete": "off"}
        ),
    )

    def save(self, user: User) -> tuple[ApiKey, str]:
        return services.create_api_key(user=user, name=self.cleaned_data["name"])


class UserForm(Styled):
    prefix = "user"
    username = forms.CharField(
        label=_("User name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    password = forms.CharField(
        label=_("First password"),
        max_length=200,
        strip=False,
        help_text=_("At least 8 characters. The person can change it in the settings."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    is_administrator = forms.BooleanField(
        label=_("Administrator: may manage every collection and user"), required=False
    )

    def save(self) -> User | None:
        """The new user, or ``None`` after putting the errors beside their fields."""
        try:
            return services.create_user(**self.cleaned_data)
        except ValidationError as error:
            add_errors(self, error, default_field="password")
            return None


def add_errors(form: forms.Form, error: ValidationError, *, default_field: str) -> None:
    """Puts a service's errors beside the fields they name, the rest beside ``default_field``."""
    if not hasattr(error, "error_dict"):
        form.add_error(default_field, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else default_field, ValidationError(errors))
