"""A language model in this process that says what a test lets it say, and records what it is asked."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from llm.errors import LLMError
from llm.tokens import estimate
from llm.types import Delta, Description, Kind, Request, Usage

Says = str | Sequence[str | LLMError] | Callable[[Request], str]


class Puppet:
    """``says`` is one text, pieces of one (an error among them is raised), or a function of the request."""

    kind: ClassVar[Kind] = Kind(title="Puppet")

    def __init__(
        self, says: Says = "", *, finish: str = "stop", rewrites: str = "", **described: object
    ) -> None:
        self.requests: list[Request] = []
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
            yield Delta(text=self.rewrites, finish_reason="stop")
            return
        said = self.says(request) if callable(self.says) else self.says
        for piece in [said] if isinstance(said, str) else said:
            if isinstance(piece, LLMError):
                raise piece
            yield Delta(text=piece)
        yield Delta(usage=Usage(1, 1), finish_reason=self.finish)


def _rewrites(request: Request) -> bool:
    return "Rewrite the last question" in request.messages[0].content


def _text(request: Request) -> str:
    return "\n".join(message.content for message in request.messages)
