"""An endpoint that cannot be made: it says why when it is asked."""

from collections.abc import Iterator
from typing import ClassVar

from llm.errors import LLMError
from llm.tokens import estimate
from llm.types import Delta, Description, Kind, Request


class Unusable:
    """Stands in the line like any other back end, so that the next one takes over with its reason.

    ``describe`` gives ``description``, ``stream`` raises ``error``.
    """

    kind: ClassVar[Kind] = Kind(title="Unusable endpoint")

    def __init__(self, description: Description, error: LLMError) -> None:
        self._description = description
        self._error = error

    def describe(self) -> Description:
        return self._description

    def count_tokens(self, text: str) -> int:
        return estimate(text)

    def stream(self, request: Request) -> Iterator[Delta]:
        raise self._error
