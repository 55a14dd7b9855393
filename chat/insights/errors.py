"""What can go wrong with an insight besides the model, with a sentence that says what to do."""

from chat.errors import ChatError


class NeedsModel(ChatError):
    """There is no way to make it without a language model, and none is set up that can."""

    code = "needs_model"


class NothingToRead(ChatError):
    """The document, page or text holds no text, or none yet."""

    code = "nothing_to_read"


class BadText(ChatError):
    """A pasted text or an address that cannot be taken."""

    code = "bad_text"


class TooManyTexts(ChatError):
    """A person keeps as many texts and pages as they may."""

    code = "too_many_texts"


class PageUnread(ChatError):
    """The page could not be fetched or read."""

    code = "page_unread"


class BadParameters(ChatError):
    """What was chosen for an insight does not fit its kind."""

    code = "bad_parameters"


class BlockedTopic(ChatError):
    """A rule of the site let nothing through of what was written."""

    code = "blocked_topic"


class Stopped(Exception):
    """Somebody ended it, deleted it, or began it anew."""
