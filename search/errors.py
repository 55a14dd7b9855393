"""What can go wrong in the search room, with a sentence that says what to do."""


class SearchError(Exception):
    """``permanent`` tells a worker whether trying again can help."""

    permanent = False


class IndexUnavailable(SearchError):
    """The vector or lexical index cannot be reached or written now."""


class IndexDamaged(IndexUnavailable):
    """What is stored cannot be read. It can be dropped and built again from the database."""


class ModelUnavailable(SearchError):
    """The embedding model cannot be loaded: the message says which and why."""

    permanent = True


class RerankerUnavailable(SearchError):
    """The reranker gives no scores now; results stay in the order they have without it."""
