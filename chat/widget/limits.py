"""How often a widget may be asked: by one visitor within an hour, by all of them within a day."""

from django.utils.translation import gettext as _

from accounts import rate_limits
from accounts.rate_limits import TooManyRequests
from accounts.templatetags.shown import duration

VISITOR, MOST_OF_VISITOR = 20, 1_000
DAILY, MOST_DAILY = 500, 100_000
# A token is easily had anew, an address less so; behind one there may be a whole office.
VISITORS_AT_ADDRESS = 5
SESSIONS = "60/minute"


class WidgetLimit(Exception):
    """``retry_after`` is in whole seconds; the message is for the visitor."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def take_question(widget: object, *, visitor: str, address: str, hourly: int, daily: int) -> None:
    """Counts a question. ``widget`` is the widget's id. Raises ``WidgetLimit``."""
    try:
        rate_limits.take_up_to(f"{hourly}/hour", "widget", f"{widget} visitor {visitor}")
        most = f"{hourly * VISITORS_AT_ADDRESS}/hour"
        rate_limits.take_up_to(most, "widget", f"{widget} address {address}")
    except TooManyRequests as error:
        said = _("You have asked many questions within a short time. You can go on in %(wait)s.")
        raise _limit(said, error) from error
    try:
        rate_limits.take_up_to(f"{daily}/day", "widget", str(widget))
    except TooManyRequests as error:
        said = _("This chat has answered as many questions as it may within a day. Try again in %(wait)s.")
        raise _limit(said, error) from error


def take_session(widget: object, address: str) -> None:
    """Counts that the chat was opened. Raises ``WidgetLimit``."""
    try:
        rate_limits.take_up_to(SESSIONS, "widget session", f"{widget} address {address}")
    except TooManyRequests as error:
        said = _("This chat was opened very often from your address. Try again in %(wait)s.")
        raise _limit(said, error) from error


def _limit(said: str, error: TooManyRequests) -> WidgetLimit:
    return WidgetLimit(said % {"wait": duration(error.retry_after)}, error.retry_after)
