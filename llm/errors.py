"""What can go wrong when a language model is asked, with a sentence that says what to do.

No message ever holds a key: texts from a server go through ``redacted`` first.
"""

import re

_KEYS = re.compile(
    r"\b(?:sk|pk|gsk|hf|key|xai|ALTAK)[-_][\w.\-/*]{4,}|bce-v3/\S+|Bearer\s+\S+", re.IGNORECASE
)


class LLMError(Exception):
    """``code`` is stable for programs; ``permanent`` says that asking again cannot help.

    ``retry_after`` is the wait in seconds that the server asked for, where it did.
    """

    code = "llm_error"
    permanent = False

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AuthRefused(LLMError):
    """The key is missing, wrong or not allowed to do this."""

    code = "auth_refused"
    permanent = True


class RateLimited(LLMError):
    """Too many requests now; waiting helps."""

    code = "rate_limited"


class QuotaUsedUp(LLMError):
    """The account has nothing left to spend."""

    code = "quota_used_up"
    permanent = True


class ContextTooLong(LLMError):
    """The prompt does not fit into the model."""

    code = "context_too_long"
    permanent = True


class Blocked(LLMError):
    """The provider's safety filter withheld the answer."""

    code = "blocked"
    permanent = True


class HistoryRefused(Blocked):
    """The provider objects to something said in the conversation, and answers only without it."""

    code = "history_refused"


class UnknownModel(LLMError):
    """The server does not know the model, or the address is not that of its API."""

    code = "unknown_model"
    permanent = True


class Unavailable(LLMError):
    """The server cannot be reached, is overloaded, or stopped in the middle."""

    code = "unavailable"


class Loading(Unavailable):
    """The server is there and loads the model; ``retry_after`` is its estimate of what that takes."""

    code = "loading"


class Silent(Unavailable):
    """Nothing came within the time allowed."""

    code = "silent"


class BadResponse(LLMError):
    """The server answered something that is not the protocol."""

    code = "bad_response"
    permanent = True


def redacted(text: str, *secrets: str, limit: int = 300) -> str:
    """``text`` in one line of at most ``limit`` characters without anything that looks like a key."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    flat = " ".join(_KEYS.sub("…", text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
