"""What pages show of answers besides their rows, looked up at once for all answers of a page."""

from collections.abc import Iterable

from chat import freshness
from chat.feedback import selectors as feedback
from chat.models import Message
from chat.verified import selectors as verified


def prepare(answers: Iterable[Message]) -> None:
    """Asks the database, so that showing an answer asks nothing."""
    answers = list(answers)
    freshness.remember(answers)
    feedback.remember(answers)
    verified.remember(answers)
