"""A prompt of the library as it is used: a preset of the code or a template of the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from chat import prompt_texts
from chat.models import PromptTemplate

SOURCES = "sources"
InputKind = Literal["line", "text", "choice"]


@dataclass(frozen=True, slots=True)
class Input:
    """One variable as a form asks for it. A choice begins with its first ``choices`` where no ``default`` is
    given; what is ``optional`` may stay empty."""

    name: str
    label: str = ""
    kind: InputKind = "line"
    choices: tuple[str, ...] = ()
    default: str = ""
    optional: bool = False

    @property
    def title(self) -> str:
        return self.label or self.name.replace("_", " ").strip().capitalize()

    @classmethod
    def of(cls, name: str, described: Mapping[str, Any]) -> Self:
        """From what is stored; nothing is known of a variable that was not described."""
        return cls(name, **{**described, "choices": tuple(described.get("choices", ()))})

    def described(self) -> dict[str, Any]:
        """What is stored of it, under its name; only what differs from the rule."""
        told: dict[str, Any] = {"label": self.label, "kind": self.kind, "choices": list(self.choices)}
        told |= {"default": self.default, "optional": self.optional}
        return {name: value for name, value in told.items() if value and value != "line"}


@dataclass(frozen=True, slots=True)
class Prompt:
    """``key`` is what addresses call it by. ``inputs`` are the variables of ``text`` and ``query`` in order,
    without ``{sources}``; ``template`` is its row, none for a preset."""

    key: str
    name: str
    text: str
    description: str = ""
    language: str = ""
    inputs: tuple[Input, ...] = ()
    query: str = ""
    version: int = 1
    template: PromptTemplate | None = None

    @classmethod
    def of(cls, template: PromptTemplate) -> Self:
        return cls(
            key=str(template.pk),
            name=template.name,
            text=template.text,
            description=template.description,
            language=template.language,
            inputs=inputs_of(template.text, template.query, template.inputs),
            query=template.query,
            version=template.version,
            template=template,
        )

    @property
    def wants_sources(self) -> bool:
        """Whether it is run with the passages that fit ``query``."""
        return SOURCES in prompt_texts.variables(self.text)

    @property
    def suits_chat(self) -> bool:
        """Whether it can be a question to documents: what works on a text that is filled in finds nothing
        there, and neither do presets that ask for no sources."""
        works_on_text = any(one.kind == "text" and not one.optional for one in self.inputs)
        return self.wants_sources or not (self.is_preset or works_on_text)

    @property
    def is_preset(self) -> bool:
        return self.template is None


def inputs_of(text: str, query: str, described: Mapping[str, Mapping[str, Any]]) -> tuple[Input, ...]:
    """One for each variable, in the order in which they are used."""
    names = dict.fromkeys([*prompt_texts.variables(text), *prompt_texts.variables(query)])
    return tuple(Input.of(name, described.get(name, {})) for name in names if name != SOURCES)
