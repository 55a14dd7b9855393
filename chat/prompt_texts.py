"""The text of a prompt template: its variables, and how it is filled in for an answer.

``{name}`` is a variable; ``{{`` and ``}}`` stand for one brace. A template is only ever a wish behind the
fixed rules of ``chat.prompts``: it can neither remove nor move them. So ``{question}`` and ``{sources}`` are
read as references. They become words that point to the question and to the numbered sources, which stay in
their own message between their marks; nothing that a person or a document wrote is put into the template.
``{language}`` becomes the name of the answer's language.
"""

import re
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from chat.errors import ChatError
from chat.prompts import LANGUAGE_NAMES, language_of

OURS = ("question", "sources", "language")
MAX_CHARS = 4000

# By the template's own language.
_REFERENCES = {
    "en": {"question": "the question below", "sources": "the numbered sources below"},
    "zh": {"question": "下面的问题", "sources": "下面编号的来源"},
}
_LANGUAGES = {"en": LANGUAGE_NAMES, "zh": {"en": "英文", "zh": "简体中文"}}
_NAME = r"[^\W\d]\w*"
_PARTS = re.compile(rf"(?P<double>\{{\{{|\}}\}})|\{{\s*(?P<name>{_NAME})\s*\}}|(?P<single>[{{}}])")
_OURS = re.compile(rf"\{{\s*(?:{'|'.join(OURS)})\s*\}}|[{{}}]")


class LoneBrace(ChatError):
    """A brace that is neither part of a variable nor written twice."""

    code = "lone_brace"


def is_name(text: str) -> bool:
    """Whether ``text`` can be the name of a variable: letters, digits and ``_``, no digit in front."""
    return re.fullmatch(_NAME, text) is not None


def variables(text: str) -> list[str]:
    """The names of the variables in order, each once. Raises ``LoneBrace``, which names its line."""
    names: dict[str, None] = {}
    for part in _PARTS.finditer(text):
        if part["single"]:
            line = text.count("\n", 0, part.start()) + 1
            raise LoneBrace(
                _("Line %(line)d has a brace that belongs to no {variable}. Write it twice, {{ or }}, where "
                  "you mean a brace.") % {"line": line}
            )  # fmt: skip
        if part["name"]:
            names[part["name"]] = None
    return list(names)


def names_in(text: str) -> list[str]:
    """As ``variables``, for a part of a text that was looked at before."""
    return [part["name"] for part in _PARTS.finditer(text) if part["name"]]


def unknown(names: Iterable[str]) -> list[str]:
    """Those of ``names`` that an answer does not fill in."""
    return [name for name in names if name not in OURS]


def filled(text: str, language: str) -> str:
    """``text`` as a model reads it; ``language`` is the answer's, "en" or "zh".

    A variable that is not ours stays as it is, and so does a single brace.
    """
    own = language_of(text)
    return replaced(text, _REFERENCES[own] | {"language": _LANGUAGES[own].get(language[:2], language)})


def replaced(text: str, values: Mapping[str, str]) -> str:
    """``text`` with what ``values`` has for its variables; doubled braces become one, others stay."""

    def value(part: re.Match[str]) -> str:
        if part["double"]:
            return part[0][0]
        return values.get(part["name"] or "", part[0])

    return _PARTS.sub(value, text)


def escaped(text: str) -> str:
    """``text`` with every brace doubled that does not belong to one of our variables."""
    return _OURS.sub(lambda part: part[0] * 2 if len(part[0]) == 1 else part[0], text)
