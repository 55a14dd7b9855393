"""What the site's rules let through of the words of a model."""

from collections.abc import Iterator

from chat.events import Event, Thinking, Token
from chat.rules.applying import Ruled
from llm.types import Delta


class Screened:
    """``text`` and ``reasoning`` are what has been shown."""

    def __init__(self, rules: Ruled) -> None:
        self._text, self._thoughts = rules.screen(), rules.thoughts()
        self.text = self.reasoning = ""

    @property
    def is_full(self) -> bool:
        """Whether nothing more may be written."""
        return self._text is not None and self._text.is_full

    @property
    def is_withheld(self) -> bool:
        """Whether something came and nothing of it was let through."""
        return self._text is not None and self._text.is_empty

    def take(self, delta: Delta) -> Iterator[Event]:
        reasoning, text = delta.reasoning, delta.text
        if self._thoughts is not None:
            reasoning = self._thoughts.feed(reasoning)
        if self._text is not None:
            text = self._text.feed(text)
        yield from self._told(reasoning, text)

    def rest(self) -> Iterator[Event]:
        """What was held back."""
        reasoning = self._thoughts.rest() if self._thoughts is not None else ""
        yield from self._told(reasoning, self._text.rest() if self._text is not None else "")

    def _told(self, reasoning: str, text: str) -> Iterator[Event]:
        if reasoning:
            self.reasoning += reasoning
            yield Thinking(reasoning)
        if text:
            self.text += text
            yield Token(text)
