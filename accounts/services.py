"""Writes of the accounts room."""

import secrets
from datetime import timedelta
from hashlib import sha256

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiKey, SetupToken, User
from accounts.prepared import Prepared, columns, instance

_KEY_PREFIX = "youju_"
_PERSON = columns(User)
_KEY = Prepared(
    lambda digest: (
        ApiKey.objects.filter(digest=digest)
        .order_by()
        .values_list("pk", "last_used_at", *(f"user__{name}" for name in _PERSON))
    )
)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def needs_setup() -> bool:
    """Whether nobody can administer the site yet."""
    return not User.objects.filter(is_superuser=True).exists()


def new_setup_token() -> str:
    """A fresh one-time token; earlier ones stop working."""
    token = secrets.token_urlsafe(24)
    SetupToken(digest=_digest(token)).save()
    return token


def is_setup_token(token: str) -> bool:
    return needs_setup() and SetupToken.objects.filter(digest=_digest(token)).exists()


@transaction.atomic
def create_administrator(*, token: str, username: str, password: str, language: str = "") -> User:
    """The first administrator. Raises ``ValidationError`` for a used token, a taken name or a weak
    password."""
    if not is_setup_token(token):
        raise ValidationError(
            _("This link was used already or is out of date. Restart the site for a new one.")
        )
    user = User(username=username, is_staff=True, is_superuser=True, language=language)
    user.full_clean(exclude=["password"])
    validate_password(password, user)
    user.set_password(password)
    user.save()
    SetupToken.objects.all().delete()
    return user


@transaction.atomic
def create_user(*, username: str, password: str, is_administrator: bool = False) -> User:
    """Raises ``ValidationError`` for a taken name or a weak password."""
    user = User(username=username, is_staff=is_administrator, is_superuser=is_administrator)
    user.full_clean(exclude=["password"])
    validate_password(password, user)
    user.set_password(password)
    user.save()
    return user


def create_api_key(*, user: User, name: str) -> tuple[ApiKey, str]:
    """The stored key and its text, which cannot be shown again."""
    text = _KEY_PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(user=user, name=name[:100], prefix=text[:12], digest=_digest(text))
    return key, text


def revoke_api_key(*, user: User, key_id: str) -> bool:
    """Whether the user had such a key."""
    deleted, _by_model = ApiKey.objects.filter(user=user, id=key_id).delete()
    return bool(deleted)


def user_for_api_key(text: str) -> User | None:
    """The active user whose key this is. Notes the use at most once a minute."""
    found = next(iter(_KEY.rows(_digest(text))), None)
    if found is None:
        return None
    key_id, last_used_at, *person = found
    user = instance(User, _PERSON, person)
    if not user.is_active:
        return None
    now = timezone.now()
    if last_used_at is None or now - last_used_at > timedelta(minutes=1):
        # Of many requests at once only the first one writes.
        ApiKey.objects.filter(pk=key_id, last_used_at=last_used_at).update(last_used_at=now)
    return user


def command_line_user() -> User:
    """Who commands act for: the first administrator, or before there is one an account that cannot
    sign in."""
    administrator = User.objects.filter(is_superuser=True).order_by("pk").first()
    if administrator is not None:
        return administrator
    user, created = User.objects.get_or_create(username="command-line", defaults={"is_active": False})
    if created:
        user.set_unusable_password()
        user.save()
    return user
