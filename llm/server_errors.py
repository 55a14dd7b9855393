"""What any server of a language model can do wrong, as errors whose words name the endpoint, never a key."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from llm.errors import (
    AuthRefused,
    Blocked,
    ContextTooLong,
    HistoryRefused,
    Loading,
    QuotaUsedUp,
    RateLimited,
    Silent,
    Unavailable,
    UnknownModel,
    redacted,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the request went; the keys are only there to be cut out of messages."""

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)

    def clean(self, said: str) -> str:
        """What the server said, in one line without keys; "" for a web page."""
        return "" if said.lstrip().startswith("<") else redacted(said, self.api_key, self.secret_key)


def seconds(retry_after: str | None) -> float | None:
    """The header's number; a date counts as none."""
    try:
        return max(0.0, float(retry_after)) if retry_after else None
    except ValueError:
        return None


def unreachable(place: Place) -> Unavailable:
    return Unavailable(
        _("The language model at %(url)s cannot be reached: check that the server runs and that the base "
          "URL of the endpoint is right.") % {"url": place.base_url}
    )  # fmt: skip


def silent(place: Place, seconds: float) -> Silent:
    return Silent(
        _("The language model at %(url)s said nothing for %(seconds)d seconds: try again, or give the "
          "endpoint more time.") % {"url": place.base_url, "seconds": max(1, round(seconds))}
    )  # fmt: skip


def dropped(place: Place) -> Unavailable:
    return Unavailable(
        _("The language model at %(url)s broke off in the middle of its answer: try again.")
        % {"url": place.base_url},
        public=_("The language model broke off in the middle of its answer: try again."),
    )


def not_ready(place: Place, said: str, retry_after: float | None = None) -> Unavailable:
    return Unavailable(
        _("The language model at %(url)s is not ready (%(said)s): try again shortly.")
        % {"url": place.base_url, "said": said},
        retry_after=retry_after,
    )


def loading(place: Place, seconds: float) -> Loading:
    """``seconds`` is what the server says that it still takes."""
    return Loading(
        _("The language model at %(url)s is being loaded; that takes about %(seconds)d seconds more: "
          "try again then.") % {"url": place.base_url, "seconds": round(seconds)},
        retry_after=seconds,
    )  # fmt: skip


def key_refused(place: Place) -> AuthRefused:
    return AuthRefused(
        _("%(url)s refuses the key: check the key of the endpoint and what it may be used for.")
        % {"url": place.base_url}
    )


def unknown_model(place: Place, said: str) -> UnknownModel:
    return UnknownModel(
        _("%(url)s does not know the model “%(model)s”: check the model and the base URL of the endpoint "
          "(%(said)s).") % {"url": place.base_url, "model": place.model, "said": said}
    )  # fmt: skip


def too_many(retry_after: float | None = None) -> RateLimited:
    return RateLimited(
        _("The language model receives too many requests now: wait a little and try again."),
        retry_after=retry_after,
    )


def no_quota() -> QuotaUsedUp:
    return QuotaUsedUp(
        _("The account behind the language model has used up its quota: top it up with the provider, "
          "or use another model.")
    )  # fmt: skip


def too_long(place: Place, *, prompt_tokens: int = 0, context_tokens: int = 0) -> ContextTooLong:
    """The numbers are those that the server gave; 0 where it gave none."""
    names = {"model": place.model, "prompt": prompt_tokens, "context": context_tokens}
    if prompt_tokens and context_tokens:
        return ContextTooLong(
            _("The question and its sources have %(prompt)d tokens, and the model “%(model)s” holds "
              "%(context)d: ask a shorter question, or set the endpoint's token budget to that.") % names
        )  # fmt: skip
    return ContextTooLong(
        _("The question and its sources do not fit into the model “%(model)s”: ask a shorter question, "
          "or set the endpoint's token budget to the size of its context.") % names
    )  # fmt: skip


def blocked() -> Blocked:
    return Blocked(
        _("The model's provider withheld the answer as unsafe. Rephrase the question, or use another model.")
    )


def history_refused() -> HistoryRefused:
    """The turn that the provider names is of no use: Youju sends the conversation in one message."""
    return HistoryRefused(
        _("The model's provider finds something in this conversation unsafe and withheld the answer: put the "
          "question in other words, or use another model.")
    )  # fmt: skip
