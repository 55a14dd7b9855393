"""What people can get wrong, with a sentence that says what to do."""


class IngestionError(Exception):
    """``code`` is stable for programs, ``str()`` is for people."""

    code = "invalid"

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code or self.code


class RefusedFile(IngestionError):
    """A file that cannot be stored at all: empty, too large, without a usable name."""

    code = "refused_file"


class BadQuery(IngestionError):
    """An empty or overlong question."""

    code = "bad_query"


class BadCollection(IngestionError):
    """A name or slug that cannot be used."""

    code = "bad_collection"
