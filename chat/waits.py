"""Why an answer does not come yet, in words for the person who waits."""

from math import ceil

from django.utils.translation import gettext as _

from llm.types import Pause

# From here on the seconds are told in fives: a number that changes all the time says no more.
ROUGH_FROM_S = 10
ROUGH_S = 5


def in_words(pause: Pause) -> str:
    """A line without an end mark; "" for a wait that is over before it is read."""
    if pause.reason == "turn":
        return _("The model is writing other answers; this one waits for its turn…")
    if pause.seconds < 1:
        return _("The model is being loaded…") if pause.reason == "loading" and not pause.seconds else ""
    seconds = {"seconds": _rounded(pause.seconds)}
    if pause.reason == "loading":
        return _("The model is being loaded, about %(seconds)d s…") % seconds
    if pause.reason == "limited":
        return _("The model takes no more questions for the moment, about %(seconds)d s…") % seconds
    return _("The model did not answer and is asked again in about %(seconds)d s…") % seconds


def _rounded(seconds: float) -> int:
    return ceil(seconds / ROUGH_S) * ROUGH_S if seconds > ROUGH_FROM_S else ceil(seconds)
