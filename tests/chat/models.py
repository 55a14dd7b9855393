"""A language model in this process that says what a test lets it say, and records what it is asked."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from llm.errors import LLMError
from llm.tokens import estimate
from llm.types import Delta, Description, Kind, Request, Usage

Says = str | Sequence[str | Delta | LLMError] | Callable[[Request], str]


class Puppet:
    """``says`` is one text, pieces of one (an error among them is raised), or a function of the request.

    ``usage`` is what it counts, ``None`` for a server that does not.
    """

    kind: ClassVar[Kind] = Kind(title="Puppet")

    def __init__(
        self, says: Says = "", *, finish: str = "stop", rewrites: str | LLMError = "", **described: object
    ) -> None:
        self.requests: list[Request] = []
        self.usage: Usage | None = Usage(1, 1)
        self.says, self.finish, self.rewrites = says, finish, rewrites
        self.description = replace(
            Description(backend="puppet", model="puppet-1", is_model=True, name="puppet"),
            **described,  # type: ignore[arg-type]
        )

    def describe(self) -> Description:
        return self.description

    def count_tokens(self, text: str) -> int:
        return estimate(text)

    @property
    def prompts(self) -> list[str]:
        """What was asked, rewriting apart, as one text each."""
        return [_text(request) for request in self.requests if not _rewrites(request)]

    def stream(self, request: Request) -> Iterator[Delta]:
        self.requests.append(request)
        if _rewrites(request):
            if isinstance(self.rewrites, LLMError):
                raise self.rewrites
            yield Delta(text=self.rewrites, finish_reason="stop")
            return
        said = self.says(request) if callable(self.says) else self.says
        for piece in [said] if isinstance(said, str) else said:
            if isinstance(piece, LLMError):
                raise piece
            yield piece if isinstance(piece, Delta) else Delta(text=piece)
        yield Delta(usage=self.usage, finish_reason=self.finish)


def _rewrites(request: Request) -> bool:
    return "Rewrite the last question" in request.messages[0].content


def _text(request: Request) -> str:
    return "\n".join(message.content for message in request.messages)
