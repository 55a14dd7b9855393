"""A rule as plain values, and what is made of its options."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chat.rules import screens
from chat.rules.screens import Screen
from chat.rules.wordlists import lines, parse


@dataclass(frozen=True, slots=True)
class Spec:
    """A rule as plain values; ``options`` are as its form made them."""

    id: int
    kind: str
    name: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


def own_patterns(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and patterns of the lines ``STAFF_NUMBER = E\\d{6}``."""
    split = (line.partition("=") for line in lines(options.get("own", "")))
    return [(name.strip(), pattern.strip()) for name, _equals, pattern in split]


def screens_of(specs: Sequence[Spec]) -> list[tuple[int, Screen]]:
    return [(spec.id, one) for spec in specs if (one := screen_of(spec)) is not None]


def screen_of(spec: Spec) -> Screen | None:
    """``None`` where the rule does not look at a model's words."""
    if spec.kind == "banned":
        return banned_of(spec)
    if spec.kind == "repeats":
        return screens.Repeats()
    if spec.kind == "length":
        return screens.Length(int(spec.options.get("chars") or 0), int(spec.options.get("sentences") or 0))
    return None


def banned_of(spec: Spec) -> Screen:
    options = spec.options
    return screens.banned(
        parse(options.get("words", "")),
        str(options.get("instead", "")),
        whole_sentences=bool(options.get("sentences")),
    )
