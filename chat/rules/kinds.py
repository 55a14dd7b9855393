"""The kinds of rules: when they act, and what a page says of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chat.rules.wordlists import lines

Stage = Literal["before", "after"]
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """``lead`` says in a sentence what it does; ``summary`` what is set, of the rule's options."""

    name: str
    stage: Stage
    title: str | Promise
    lead: str | Promise
    summary: Callable[[Mapping[str, Any]], str]


def _trim(options: Mapping[str, Any]) -> str:
    phrases = _listed(options.get("phrases", ""))
    return _("Also taken off: %(words)s") % {"words": phrases} if phrases else ""


def _spelling(options: Mapping[str, Any]) -> str:
    script = {
        "simplified": _("Chinese in simplified characters"),
        "traditional": _("Chinese in traditional characters"),
    }.get(options.get("script", ""), "")
    parts = [
        _("full-width letters and digits made narrow") if options.get("width") else "",
        script,
        _("slips mended by the words of the documents") if options.get("slips") else "",
    ]
    return " · ".join(filter(None, parts))


def _synonyms(options: Mapping[str, Any]) -> str:
    listed = _listed(options.get("meanings", ""))
    if options.get("replaces"):
        return _("Replaced: %(words)s") % {"words": listed}
    return _("Added: %(words)s") % {"words": listed}


def _blocked(options: Mapping[str, Any]) -> str:
    return _words(options)


def _mask(options: Mapping[str, Any]) -> str:
    names = [str(KINDS_OF_DATA[kind]) for kind in options.get("kinds", ()) if kind in KINDS_OF_DATA]
    own = [line.partition("=")[0].strip() for line in lines(options.get("own", ""))]
    where = _("for every model") if options.get("near") else _("for models outside")
    return f"{_(', ').join([*names, *own])} · {where}"


def _banned(options: Mapping[str, Any]) -> str:
    return _words(options)


def _words(options: Mapping[str, Any]) -> str:
    count = len(list(lines(options.get("words", ""))))
    return ngettext("%(count)d word or pattern", "%(count)d words and patterns", count) % {"count": count}


def _length(options: Mapping[str, Any]) -> str:
    chars, told = options.get("chars", 0), options.get("sentences", 0)
    parts = [
        ngettext("at most %(count)d character", "at most %(count)d characters", chars) % {"count": chars}
        if chars
        else "",
        ngettext("at most %(count)d sentence", "at most %(count)d sentences", told) % {"count": told}
        if told
        else "",
    ]
    return " · ".join(filter(None, parts))


def _disclaimer(options: Mapping[str, Any]) -> str:
    texts = filter(None, (options.get("text_en", ""), options.get("text_zh", "")))
    return " · ".join(text if len(text) <= 80 else f"{text[:80]}…" for text in texts)


def _listed(text: str) -> str:
    found = list(lines(text))
    shown = _(", ").join(found[:_SHOWN])
    return f"{shown} …" if len(found) > _SHOWN else shown


KINDS_OF_DATA = {
    "PHONE": gettext_lazy("Phone numbers"),
    "EMAIL": gettext_lazy("E-mail addresses"),
    "ID_CARD": gettext_lazy("Chinese identity cards"),
    "BANK_CARD": gettext_lazy("Bank cards"),
}

_ALL = (
    Kind(
        "trim",
        "before",
        gettext_lazy("Trim the question"),
        gettext_lazy("Needless spaces, invisible characters, repeated marks and polite phrases go."),
        _trim,
    ),
    Kind(
        "spelling",
        "before",
        gettext_lazy("Normalise spelling"),
        gettext_lazy("One width for letters and digits, one Chinese script, slips mended."),
        _spelling,
    ),
    Kind(
        "synonyms",
        "before",
        gettext_lazy("Explain words"),
        gettext_lazy("House words and short forms are replaced by what they mean, or get it added."),
        _synonyms,
    ),
    Kind(
        "blocked",
        "before",
        gettext_lazy("Block a topic"),
        gettext_lazy(
            "A question with one of these words gets a fixed reply; nothing is searched, no model asked."
        ),
        _blocked,
    ),
    Kind(
        "mask",
        "before",
        gettext_lazy("Mask personal data"),
        gettext_lazy(
            "Phone numbers, addresses and card numbers are hidden from the model and put back in its answer."
        ),
        _mask,
    ),
    Kind(
        "banned",
        "after",
        gettext_lazy("Ban words"),
        gettext_lazy("Words are replaced, or their sentences left out, before anybody sees them."),
        _banned,
    ),
    Kind(
        "repeats",
        "after",
        gettext_lazy("Leave out repeated sentences"),
        gettext_lazy("A sentence that the answer has said already is not said again."),
        lambda _options: "",
    ),
    Kind(
        "length",
        "after",
        gettext_lazy("Limit the length"),
        gettext_lazy("The answer ends with the last sentence that fits, and the model is told to stop."),
        _length,
    ),
    Kind(
        "disclaimer",
        "after",
        gettext_lazy("Require a notice"),
        gettext_lazy("A sentence of yours stands at the end of every answer."),
        _disclaimer,
    ),
)
KINDS = {kind.name: kind for kind in _ALL}


def of_stage(stage: Stage) -> list[Kind]:
    return [kind for kind in _ALL if kind.stage == stage]
