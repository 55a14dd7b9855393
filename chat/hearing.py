"""What a model has said so far in one request, and what that used."""

from dataclasses import dataclass

from chat.events import Spent
from llm.types import Backend, Delta, Request, Usage


@dataclass(slots=True)
class Heard:
    text: str = ""
    reasoning: str = ""
    finish_reason: str = ""
    usage: Usage | None = None

    def take(self, delta: Delta) -> None:
        self.text += delta.text
        self.reasoning += delta.reasoning
        self.finish_reason = delta.finish_reason or self.finish_reason
        self.usage = delta.usage or self.usage

    def spent(self, backend: Backend, request: Request) -> Spent | None:
        """As the server counted, else an estimate; ``None`` where no model was asked."""
        described = backend.describe()
        if not described.is_model:
            return None
        if self.usage is not None and self.usage != Usage():
            return Spent(described.name, self.usage)
        read = sum(backend.count_tokens(message.content) for message in request.messages)
        written = backend.count_tokens(self.reasoning + self.text)
        return Spent(described.name, Usage(read, written), is_estimate=True)
