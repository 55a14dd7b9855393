"""Access tokens of Baidu Qianfan v1: fetched once, shared, and renewed before they end."""

import base64
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Protocol

from cryptography.fernet import Fernet, InvalidToken

MARGIN_S = 3600.0
LOCK_WAIT_S = 15.0


@dataclass(frozen=True, slots=True)
class Credentials:
    api_key: str = field(repr=False)
    secret_key: str = field(repr=False)

    def digest(self, purpose: str) -> bytes:
        """32 bytes that differ by ``purpose`` and tell nothing of the keys."""
        parts = f"{self.api_key}\0{self.secret_key}".encode()
        return blake2b(parts, digest_size=32, person=purpose.encode()[:16]).digest()


@dataclass(frozen=True, slots=True)
class FreshToken:
    value: str = field(repr=False)
    expires_in_s: float

    @property
    def usable_s(self) -> float:
        """An hour less than the server says, or a tenth less where that is short."""
        return self.expires_in_s - min(MARGIN_S, self.expires_in_s / 10)


class TokenStore(Protocol):
    """Where sealed tokens wait for everybody who has the same credentials. Raises nothing of its own."""

    def get(self, key: str) -> str:
        """ "" where there is none, or it has ended."""
        ...

    def put(self, key: str, token: str, seconds: float) -> None: ...

    def lock(self, key: str) -> AbstractContextManager[None]:
        """Held by one at a time; who waits longer than ``LOCK_WAIT_S`` goes on without it."""
        ...


class MemoryTokens:
    """Shared by the threads of this process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept: dict[str, tuple[str, float]] = {}
        self._locks: dict[str, threading.Lock] = {}

    def get(self, key: str) -> str:
        with self._guard:
            token, ends = self._kept.get(key, ("", 0.0))
        return token if time.monotonic() < ends else ""

    def put(self, key: str, token: str, seconds: float) -> None:
        with self._guard:
            self._kept[key] = token, time.monotonic() + seconds

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        held = lock.acquire(timeout=LOCK_WAIT_S)
        try:
            yield
        finally:
            if held:
                lock.release()


class TokenKeeper:
    """The token of one pair of credentials. The store sees it sealed with a key made from them."""

    def __init__(
        self, credentials: Credentials, store: TokenStore, fetch: Callable[[], FreshToken], place: str
    ) -> None:
        """``place`` tells servers apart; ``fetch`` raises ``LLMError``, and so does ``token`` then."""
        self._store = store
        self._fetch = fetch
        self._key = credentials.digest("name").hex()[:32] + blake2b(place.encode(), digest_size=4).hexdigest()
        self._seal = Fernet(base64.urlsafe_b64encode(credentials.digest("seal")))

    def token(self, refused: str = "") -> str:
        """A token other than ``refused``, which the server took no longer.

        Whoever comes first asks for a new one; the others wait and use it.
        """
        if known := self._known(refused):
            return known
        with self._store.lock(self._key):
            if known := self._known(refused):
                return known
            fresh = self._fetch()
            if fresh.usable_s > 0:
                sealed = self._seal.encrypt(fresh.value.encode()).decode()
                self._store.put(self._key, sealed, fresh.usable_s)
            return fresh.value

    def _known(self, refused: str) -> str:
        try:
            token = self._seal.decrypt(self._store.get(self._key)).decode()
        except InvalidToken:
            return ""
        return "" if token == refused else token
