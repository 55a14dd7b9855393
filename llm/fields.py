"""Checks what was filled in for an endpoint when its back end is made; nobody is asked."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from llm.types import Kind, Options


def check(options: Options, kind: Kind) -> None:
    """Raises ``ImproperlyConfigured``, in words without secrets, for a field that cannot work."""
    missing = [name for name in ("base_url", "model", "api_key", "secret_key") if name in kind.required]
    for name in missing:
        if not str(getattr(options, name)).strip():
            raise ImproperlyConfigured(_missing()[name])
    if options.base_url:
        _check_url(options.base_url)
    for secret in (options.api_key, options.secret_key):
        if any(not 32 < ord(character) < 127 for character in secret.strip()):
            raise ImproperlyConfigured(
                _("The key of the endpoint holds spaces or characters that no key has: copy it again.")
            )


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ImproperlyConfigured(
            _("The base URL of the endpoint is no address: it begins with http:// or https://, for example "
              "http://127.0.0.1:8080/v1")
        )  # fmt: skip


def _missing() -> dict[str, str]:
    return {
        "base_url": _("The endpoint has no base URL: give the address where its API begins, for example "
                      "http://127.0.0.1:8080/v1"),
        "model": _("The endpoint has no model: give the name by which the server knows it."),
        "api_key": _("The endpoint has no API key: copy it from the provider's console."),
        "secret_key": _("The endpoint has no secret key: copy it from the provider's console."),
    }  # fmt: skip
