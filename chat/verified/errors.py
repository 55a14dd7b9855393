"""What can be wrong with a verified answer, with a sentence that says what to do."""

from chat.errors import ChatError


class BadVerified(ChatError):
    """Something of it cannot be stored."""

    code = "bad_verified_answer"
