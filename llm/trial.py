"""One tiny request to a back end, to see whether it works."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from llm.errors import LLMError
from llm.types import Backend, Message, Request

ENOUGH_CHARS = 60
PROMPT = "Say hello in one short sentence."


@dataclass(frozen=True, slots=True)
class Trial:
    """``message`` is for people: the first words and how fast they came, or what went wrong."""

    ok: bool
    message: str


def try_out(backend: Backend, *, clock: Callable[[], float] = time.monotonic) -> Trial:
    """Asks for one sentence and leaves as soon as some words are there. Never raises ``LLMError``."""
    request = Request(messages=[Message("user", PROMPT)], question=PROMPT, max_tokens=64)
    began = clock()
    try:
        words, seconds = _first_words(backend, request, began, clock)
    except (LLMError, ImproperlyConfigured) as error:
        return Trial(ok=False, message=str(error))
    if seconds is None:
        return Trial(ok=False, message=_("The model answered without a word. Check its name and kind."))
    said = {"model": backend.describe().model or "?", "seconds": seconds, "words": words}
    if not words:
        return Trial(True, _("%(model)s began to think after %(seconds).1f s.") % said)
    return Trial(True, _("%(model)s answered “%(words)s” after %(seconds).1f s.") % said)


def _first_words(
    backend: Backend, request: Request, began: float, clock: Callable[[], float]
) -> tuple[str, float | None]:
    """The first words, and the seconds until the model's first sign; ``None`` where it gave none."""
    words, seconds = "", None
    deltas = backend.stream(request)
    try:
        for delta in deltas:
            if seconds is None and (delta.text or delta.reasoning):
                seconds = clock() - began
            words += delta.text
            if len(words) >= ENOUGH_CHARS:
                break
    finally:
        close = getattr(deltas, "close", None)
        if close is not None:
            close()
    flat = " ".join(words.split())
    return flat if len(flat) <= ENOUGH_CHARS else flat[: ENOUGH_CHARS - 1] + "…", seconds
