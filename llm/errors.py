"""What can go wrong when a language model is asked, with a sentence that says what to do.

An error's text is for administrators: it may name the server's address, its folder, and what the server said.
``public`` is what everybody may read. Neither ever holds a key: texts from a server go through ``redacted``.
"""

import re
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_KEYS = re.compile(
    r"\b(?:sk|pk|gsk|hf|key|xai|ALTAK)[-_][\w.\-/*]{4,}|bce-v3/\S+|Bearer\s+\S+", re.IGNORECASE
)


class LLMError(Exception):
    """``code`` is stable for programs; ``permanent`` says that asking again cannot help.

    ``retry_after`` is the wait in seconds that the server asked for, where it did. A kind of error without
    words ``for_everybody`` has texts that everybody may read.
    """

    code = "llm_error"
    permanent = False
    for_everybody: ClassVar[str] = gettext_noop(
        "The language model could not answer: try again, choose another model, or ask an administrator to "
        "look at its settings."
    )

    def __init__(self, message: str, *, public: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self._public = public
        self.retry_after = retry_after

    @property
    def public(self) -> str:
        """What to do, for people who do not run the site: no address, no folder, no words of a server."""
        return self._public or (_(self.for_everybody) if self.for_everybody else str(self))


class AuthRefused(LLMError):
    """The key is missing, wrong or not allowed to do this."""

    code = "auth_refused"
    permanent = True
    for_everybody = gettext_noop(
        "The language model's provider refuses the key of this site: ask an administrator to check it, or"
        " choose another model."
    )


class RateLimited(LLMError):
    """Too many requests now; waiting helps."""

    code = "rate_limited"
    for_everybody = ""


class QuotaUsedUp(LLMError):
    """The account has nothing left to spend."""

    code = "quota_used_up"
    permanent = True
    for_everybody = gettext_noop(
        "The account behind the language model has used up its quota: ask an administrator to top it up, "
        "or choose another model."
    )


class ContextTooLong(LLMError):
    """The prompt does not fit into the model."""

    code = "context_too_long"
    permanent = True
    for_everybody = gettext_noop(
        "The question and its sources do not fit into the language model: ask a shorter question, or "
        "choose another model."
    )


class Blocked(LLMError):
    """The provider's safety filter withheld the answer."""

    code = "blocked"
    permanent = True
    for_everybody = ""


class HistoryRefused(Blocked):
    """The provider objects to something said in the conversation, and answers only without it."""

    code = "history_refused"


class UnknownModel(LLMError):
    """The server does not know the model, or the address is not that of its API."""

    code = "unknown_model"
    permanent = True
    for_everybody = gettext_noop(
        "The language model is not there any more: choose another model, or ask an administrator to check"
        " its settings."
    )


class Unavailable(LLMError):
    """The server cannot be reached, is overloaded, or stopped in the middle."""

    code = "unavailable"
    for_everybody = gettext_noop(
        "The language model cannot be reached now: try again in a moment. If that does not help, ask an "
        "administrator to look at it."
    )


class Loading(Unavailable):
    """The server is there and loads the model; ``retry_after`` is its estimate of what that takes."""

    code = "loading"
    for_everybody = gettext_noop("The language model is being loaded: try again in a minute.")


class Silent(Unavailable):
    """Nothing came within the time allowed."""

    code = "silent"
    for_everybody = gettext_noop(
        "The language model said nothing for too long: try again. If that does not help, ask an "
        "administrator to look at it."
    )


class BadResponse(LLMError):
    """The server answered something that is not the protocol."""

    code = "bad_response"
    permanent = True
    for_everybody = gettext_noop(
        "The language model gave an answer that cannot be used: choose another model, or ask an "
        "administrator to look at its settings."
    )


def redacted(text: str, *secrets: str, limit: int = 300) -> str:
    """``text`` in one line of at most ``limit`` characters without anything that looks like a key."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    flat = " ".join(_KEYS.sub("…", text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
