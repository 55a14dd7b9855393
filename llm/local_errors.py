"""What can go wrong with a model in this process. ``place`` is its folder or file."""

from django.utils.translation import gettext as _

from llm.errors import BadResponse, LLMError, Loading, RateLimited, Silent, Unavailable, redacted

LOADING_RETRY_S = 5.0


def not_loadable(place: str, error: Exception) -> LLMError:
    """What a reader is told of an exception while the model was loaded."""
    if isinstance(error, LLMError):
        return error
    if "trust_remote_code" in str(error):
        return BadResponse(
            _("The language model in %(place)s brings program code of its own, which is never run here: "
              "choose a model of a kind that transformers knows.") % {"place": place}
        )  # fmt: skip
    return BadResponse(
        _("The language model in %(place)s cannot be loaded (%(said)s): check that all its files are there.")
        % {"place": place, "said": _said(error)}
    )


def failed(place: str, error: Exception) -> LLMError:
    """What a reader is told of an exception in the middle of a generation."""
    if isinstance(error, LLMError):
        return error
    if is_out_of_memory(error):
        return Unavailable(
            _("The machine ran out of memory while %(place)s wrote an answer: shorten its context, or "
              "choose a smaller model.") % {"place": place}
        )  # fmt: skip
    return BadResponse(
        _("The language model in %(place)s failed: %(said)s") % {"place": place, "said": _said(error)}
    )


def is_out_of_memory(error: Exception) -> bool:
    """Also torch's own kind, which is not asked for by name so that torch need not be there."""
    name = type(error).__name__
    return isinstance(error, MemoryError) or name == "OutOfMemoryError" or "allocate memory" in str(error)


def no_room(place: str, needed: int, free: int) -> Unavailable:
    """``needed`` and ``free`` are bytes."""
    return Unavailable(
        _("The language model in %(place)s needs about %(needed).1f GB of memory and %(free).1f GB are "
          "free: choose a smaller model, or make room.")
        % {"place": place, "needed": needed / 1e9, "free": free / 1e9}
    )  # fmt: skip


def still_loading(place: str) -> Loading:
    return Loading(
        _("The language model in %(place)s is still being loaded: try again in a minute.") % {"place": place},
        retry_after=LOADING_RETRY_S,
    )


def busy(place: str, seconds: float) -> RateLimited:
    return RateLimited(
        _("The language model in %(place)s writes one answer at a time and has been busy for %(seconds)d "
          "seconds: try again in a moment.") % {"place": place, "seconds": max(1, round(seconds))},
        public=_("The language model is writing another answer: try again in a moment."),
    )  # fmt: skip


def silent(place: str, seconds: float) -> Silent:
    return Silent(
        _("The language model in %(place)s wrote nothing for %(seconds)d seconds: this machine may be too "
          "slow for it. Allow it more time, or choose a smaller model.")
        % {"place": place, "seconds": max(1, round(seconds))}
    )  # fmt: skip


def no_thread() -> Unavailable:
    said = _("The machine has no room for another thread: try again shortly.")
    return Unavailable(said, public=said)


def _said(error: Exception) -> str:
    return redacted(str(error) or type(error).__name__)
