"""The plain values and the one protocol between the site and a language model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Source:
    """A passage offered as evidence. ``n`` is the number that a citation ``[n]`` uses, from 1."""

    n: int
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counted them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """One generation.

    A model reads ``messages``, which already hold the sources as numbered, untrusted text. A back
    end without a model reads ``question`` and ``sources``.
    """

    messages: Sequence[Message]
    question: str
    sources: Sequence[Source] = ()
    max_tokens: int = 1024
    temperature: float = 0.1
    stop: Sequence[str] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer. ``reasoning`` is never part of it; ``usage`` comes with the last."""

    text: str = ""
    reasoning: str = ""
    usage: Usage | None = None
    finish_reason: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """What a page may show of a back end: never a key."""

    backend: str
    model: str
    is_model: bool
    context_tokens: int = 8192
    details: dict[str, str] = field(default_factory=dict)


class Backend(Protocol):
    """Streams text. Raises ``llm.errors.LLMError`` before or between deltas."""

    def describe(self) -> Description: ...

    def stream(self, request: Request) -> Iterator[Delta]: ...
