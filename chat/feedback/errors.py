"""What can be wrong with feedback, with a sentence that says what to do."""

from django.http import Http404

from chat.errors import ChatError


class NotYours(Http404):
    """The answer is in somebody else's conversation, or is gone: to who asks, that is the same."""

    code = "not_your_answer"


class NotFinished(ChatError):
    """The answer is still being written, or was never finished."""

    code = "answer_not_finished"


class BadFeedback(ChatError):
    """Something of what was given cannot be stored."""

    code = "bad_feedback"
