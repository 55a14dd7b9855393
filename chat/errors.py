"""What can go wrong in the chat room besides the model, with a sentence that says what to do."""


class ChatError(Exception):
    """``code`` is stable for programs; ``permanent`` says that asking again cannot help."""

    code = "chat_error"
    permanent = True


class NothingToSearch(ChatError):
    """The conversation has no collection that its owner may read."""

    code = "nothing_to_search"


class NoReadyDocuments(ChatError):
    """The collections hold no document that can be searched yet."""

    code = "no_ready_documents"


class UnknownModelName(ChatError):
    """The conversation asks for a language model that this site does not have."""

    code = "unknown_model_name"


class StillWriting(ChatError):
    """The conversation's last answer is not complete yet."""

    code = "still_writing"
    permanent = False


class TooBusy(ChatError):
    """As many answers as the process can hold are waiting already."""

    code = "too_busy"
    permanent = False
