"""Seals the keys of endpoints for the database: Fernet (AES-128-CBC with HMAC-SHA256), several keys.

The first secret seals; every secret opens. So a secret is changed by putting the new one first and the
old one behind it; ``manage.py migrate``, which each start runs, then seals everything with the first.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from llm.errors import LLMError

SHORTEST_SECRET = 32
_PURPOSE = b"youju: keys of language models"


class KeyLost(LLMError):
    """What is sealed cannot be opened: the secret is another one than when it was stored."""

    code = "key_lost"
    permanent = True


class Vault:
    """``secrets`` are random texts of at least 32 characters; any kind of text is right.

    Raises ``ImproperlyConfigured`` where there is none or one is too short. No secret is in any message.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        if not secrets or any(len(secret) < SHORTEST_SECRET for secret in secrets):
            raise ImproperlyConfigured(
                f"ENCRYPTION_KEY needs random text of at least {SHORTEST_SECRET} characters; several are "
                "separated by commas. Leave it unset to have one made in the data folder."
            )
        fernets = [Fernet(_fernet_key(secret)) for secret in secrets]
        self._first = fernets[0]
        self._all = MultiFernet(fernets)

    def seal(self, text: str) -> str:
        """An empty text stays empty: there is nothing to hide."""
        return self._all.encrypt(text.encode()).decode() if text else ""

    def open(self, sealed: str) -> str:
        """Raises ``KeyLost``."""
        if not sealed:
            return ""
        try:
            return self._all.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise KeyLost(
                _("The stored key cannot be read: the site's encryption secret has changed. Type the key "
                  "again in the settings of the language model, or bring the old secret back.")
            ) from None  # fmt: skip

    def is_current(self, sealed: str) -> bool:
        """Whether the first secret opens it."""
        try:
            self._first.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True


def vault() -> Vault:
    """The site's own, by ``settings.ENCRYPTION_KEYS``: one text, or several with commas or line ends."""
    return _vault(str(settings.ENCRYPTION_KEYS))


@lru_cache(maxsize=4)
def _vault(text: str) -> Vault:
    return Vault([part for part in re.split(r"[,\s]+", text) if part])


def _fernet_key(secret: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
    return urlsafe_b64encode(derived)
