"""From a prompt and the values of its variables to the text that a model reads."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from chat import prompt_texts
from chat.errors import ChatError
from chat.prompt_library.prompt import SOURCES, Input, Prompt
from chat.prompts import language_of

MAX_VALUE_CHARS = 40_000
# What ``{sources}`` becomes, by the language of the prompt's text: they stand before it (``messages``).
_SOURCES = {"en": "the numbered sources", "zh": "编号的来源"}
MAX_QUERY_CHARS = 500


class BadValues(ChatError):
    """Values that do not fit the prompt. ``names`` are those of the variables concerned."""

    def __init__(self, message: str, names: list[str]) -> None:
        super().__init__(message)
        self.names = names


class UnknownVariables(BadValues):
    code = "unknown_variables"


class MissingValues(BadValues):
    code = "missing_values"


class NotAmongChoices(BadValues):
    code = "not_among_choices"


class TooLong(BadValues):
    code = "value_too_long"


@dataclass(frozen=True, slots=True)
class Filled:
    """``text`` refers to the sources where the prompt wants them; ``query`` is then what is searched for."""

    text: str
    query: str = ""
    wants_sources: bool = False


def filled(prompt: Prompt, values: Mapping[str, str]) -> Filled:
    """Raises ``BadValues``, which names what is wrong. A choice that was not made is the first one.

    A line whose variables are all optional and empty is left out.
    """
    given = _checked(prompt, values)
    text = _replaced(prompt.text, given | {SOURCES: _SOURCES[language_of(prompt.text)]})
    query = " ".join(_replaced(prompt.query, given).split())
    if prompt.wants_sources and not query:
        query = " ".join(next((value for value in given.values() if value.strip()), text).split())
    return Filled(text, query[:MAX_QUERY_CHARS], prompt.wants_sources)


def _checked(prompt: Prompt, values: Mapping[str, str]) -> dict[str, str]:
    known = {one.name: one for one in prompt.inputs}
    unknown = [name for name in values if name not in known]
    if unknown:
        raise UnknownVariables(_unknown(prompt, unknown), unknown)
    given = {name: values.get(name, "").strip() or _start(one) for name, one in known.items()}
    missing = [name for name, one in known.items() if not (given[name] or one.optional)]
    if missing:
        said = _("These variables have no value: %(names)s.") % {"names": _listed(missing)}
        raise MissingValues(said, missing)
    for name, one in known.items():
        if one.kind == "choice" and given[name] and given[name] not in one.choices:
            said = _("“%(value)s” is no choice of {%(name)s}; it may be: %(choices)s.")
            told = {"value": given[name][:60], "name": name, "choices": _(", ").join(one.choices)}
            raise NotAmongChoices(said % told, [name])
        if len(given[name]) > MAX_VALUE_CHARS:
            said = _("The value of {%(name)s} has more than %(limit)d characters: shorten it.")
            raise TooLong(said % {"name": name, "limit": MAX_VALUE_CHARS}, [name])
    return given


def _start(one: Input) -> str:
    """What a variable is where nothing is said of it; what may stay empty stays empty."""
    if one.optional:
        return ""
    return one.default or (one.choices[0] if one.choices else "")


def _unknown(prompt: Prompt, names: list[str]) -> str:
    known = [one.name for one in prompt.inputs]
    if not known:
        return _("This template has no variables, so %(names)s cannot be given.") % {"names": _listed(names)}
    said = _("This template has no variable %(names)s; it has: %(known)s.")
    return said % {"names": _listed(names), "known": _listed(known)}


def _listed(names: list[str]) -> str:
    return _(", ").join(f"{{{name}}}" for name in names)


def _replaced(text: str, values: Mapping[str, str]) -> str:
    lines = [line for line in text.splitlines() if not _is_left_out(line, values)]
    return prompt_texts.replaced("\n".join(lines), values).strip()


def _is_left_out(line: str, values: Mapping[str, str]) -> bool:
    names = prompt_texts.names_in(line)
    return bool(names) and not any(values.get(name, "x") for name in names)
