"""The plain values and the one protocol between the site and a language model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

Role = Literal["system", "user", "assistant"]

# Answers keep to their sources; an endpoint's own parameters go over it.
TEMPERATURE = 0.1


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
    end without a model reads ``question`` and ``sources``. What ``is_optional`` is sent once only: a person
    waits, and the answer can do without.
    """

    messages: Sequence[Message]
    question: str
    sources: Sequence[Source] = ()
    max_tokens: int = 1024
    temperature: float = TEMPERATURE
    stop: Sequence[str] = ()
    language: str = "en"
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Why nothing comes, and for how many seconds more; 0 where nobody knows.

    ``turn``: other answers are written first; ``loading``: the server loads the model; ``limited``: it takes
    no more requests for a while; ``failed``: it is asked once more.
    """

    reason: Literal["turn", "loading", "limited", "failed"]
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer. ``reasoning`` is never part of it; ``usage`` comes with the last.

    An empty one is a moment in which nothing has come; ``pause`` says why where that is known.
    """

    text: str = ""
    reasoning: str = ""
    usage: Usage | None = None
    finish_reason: str = ""
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """How one endpoint is reached. Back ends are made from it; its ``repr`` shows no secret.

    ``timeout_s`` bounds the wait for the answer's start, ``silence_s`` the wait between two pieces of
    it. ``parameters`` go to the server as they are, over what the request says.
    """

    base_url: str = ""
    model: str = ""
    api_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    context_tokens: int = 8192
    max_tokens: int = 1024
    context_words: int | None = None
    timeout_s: float = 60
    silence_s: float = 30
    parameters: Mapping[str, Any] = field(default_factory=dict)


Field = Literal["base_url", "model", "api_key", "secret_key"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a form needs to know of a kind of back end: its fields, and what they are set to at first.

    ``title`` and ``examples`` are marked for translation where they are written, and translated where they
    are shown. ``patience_s`` bounds all waiting of one request, as in ``llm.guard.Limits``: longer where a
    server asks for long waits. ``in_process``: the process that asks loads the model itself.
    """

    title: str
    examples: str = ""
    required: frozenset[Field] = frozenset()
    optional: frozenset[Field] = frozenset()
    preset: Options = field(default_factory=Options)
    package: str = ""
    currency: str = "USD"
    patience_s: int = 30
    in_process: bool = False


@dataclass(frozen=True, slots=True)
class Description:
    """What a page may show of a back end: never a key.

    ``context_tokens`` holds prompt and answer together, ``max_tokens`` of them the answer;
    ``context_words`` bounds the sources further where it is set. A base model, which only continues
    text, has ``follows_instructions`` false: it does not cite.
    """

    backend: str
    model: str
    is_model: bool
    name: str = ""
    context_tokens: int = 8192
    max_tokens: int = 1024
    context_words: int | None = None
    follows_instructions: bool = True
    details: dict[str, str] = field(default_factory=dict)


class Backend(Protocol):
    """Streams text. ``stream`` raises ``llm.errors.LLMError`` before or between deltas.

    Made as ``Class(options)``, which raises ``ImproperlyConfigured`` where a field is missing and asks
    nobody. Safe to use from several threads.
    """

    kind: ClassVar[Kind]

    def describe(self) -> Description: ...

    def count_tokens(self, text: str) -> int:
        """Tokens of ``text``: the model's own count, or a careful estimate. Asks no server."""
        ...

    def stream(self, request: Request) -> Iterator[Delta]: ...
