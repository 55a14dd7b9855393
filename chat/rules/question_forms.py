"""Forms of the rules before the model."""

from typing import Any

import regex
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.rules import questions, wordlists
from chat.rules.kinds import KINDS_OF_DATA
from chat.rules.masking import LITERAL
from chat.rules.rule_form import RuleForm, either, list_field, text_field
from chat.rules.specs import own_patterns
from chat.rules.wordlists import BadList

TOPIC_HELP = gettext_lazy(
    "One a line. Words are found in any case, width and script, English ones also in other forms: salary "
    "finds salaries. What a rule that explains words makes of the question counts too. A line between "
    "slashes is a pattern: /contract\\s+no\\. \\d{6}/. A line that begins with # is a remark."
)
_OWN_NAME = regex.compile(r"[A-Z][A-Z0-9_]*")
_SHORTEST_NAME, _LONGEST_NAME = 2, 30
TAKEN = frozenset({*KINDS_OF_DATA, LITERAL})


class TrimForm(RuleForm):
    option_names = ("phrases",)
    phrases = list_field(
        gettext_lazy("Words taken off the beginning and the end"),
        gettext_lazy("One a line, such as “please tell me” or “请问”. They only make a search worse."),
        required=False,
    )

    def clean_phrases(self) -> str:
        return self.checked("phrases", wordlists.check_size)


class SpellingForm(RuleForm):
    option_names = ("width", "script", "slips")
    width = forms.BooleanField(
        label=gettext_lazy("Make full-width letters and digits narrow"),
        help_text=gettext_lazy("Ｎｏ．１２ becomes No.12. Chinese punctuation stays."),
        required=False,
        initial=True,
    )
    script = forms.ChoiceField(
        label=gettext_lazy("Chinese characters"),
        choices=[
            ("", gettext_lazy("Leave them as they are")),
            ("simplified", gettext_lazy("Write simplified ones")),
            ("traditional", gettext_lazy("Write traditional ones")),
        ],
        help_text=gettext_lazy("Search finds both in any case; this is for the model and its answer."),
        required=False,
        widget=forms.RadioSelect,
    )
    slips = forms.BooleanField(
        label=gettext_lazy("Mend slips"),
        help_text=gettext_lazy(
            "A word that no document holds is replaced by a near one that they do hold. Names may be mended "
            "too, so look at the answers for a while."
        ),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not any(cleaned.get(name) for name in self.option_names):
            self.add_error(None, _("Choose at least one thing that the rule is to do."))
        return cleaned


class SynonymsForm(RuleForm):
    option_names = ("meanings", "replaces")
    meanings = list_field(
        gettext_lazy("Words and what they mean"),
        gettext_lazy(
            "One a line: “pto, time off => annual leave”. Each word before the arrow means what follows it."
        ),
        rows=8,
    )
    replaces = either(
        gettext_lazy("What happens to the word"),
        gettext_lazy("It is replaced by what it means"),
        gettext_lazy("What it means is added behind it, in brackets"),
    )

    def clean_meanings(self) -> str:
        return self.checked("meanings", questions.meanings)


class BlockedForm(RuleForm):
    option_names = ("words", "reply_en", "reply_zh")
    words = list_field(gettext_lazy("Words and patterns of the topic"), TOPIC_HELP)
    reply_en = text_field(gettext_lazy("Reply in English"))
    reply_zh = text_field(
        gettext_lazy("Reply in Chinese"),
        gettext_lazy("A question gets the reply in its own language; where only one is written, that one."),
    )

    def clean_words(self) -> str:
        return self.checked("words", wordlists.check)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.need_one_text(cleaned, "reply", _("Write the reply in at least one language."))
        return cleaned


class MaskForm(RuleForm):
    option_names = ("kinds", "own", "near")
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("What is masked"),
        choices=list(KINDS_OF_DATA.items()),
        required=False,
        initial=["PHONE", "EMAIL", "ID_CARD"],
        help_text=gettext_lazy(
            "Chinese and international phone numbers; identity cards by the check character of GB 11643, "
            "bank cards by Luhn's check digit."
        ),
        widget=forms.CheckboxSelectMultiple,
    )
    own = list_field(
        gettext_lazy("Own patterns"),
        gettext_lazy(
            "One a line, behind the name that stands in its place: “STAFF_NUMBER = E\\d{6}”. In a text the "
            "model then reads [STAFF_NUMBER_1]."
        ),
        required=False,
        rows=4,
    )
    near = either(
        gettext_lazy("From which models it is kept"),
        gettext_lazy("From every model, also on this machine and on private addresses"),
        gettext_lazy("From models outside: those on this machine and on private addresses read everything"),
    )

    def clean_own(self) -> str:
        return self.checked("own", _check_own)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("kinds") and not cleaned.get("own") and "own" not in self.errors:
            self.add_error("kinds", _("Choose at least one kind of data, or write a pattern of your own."))
        return cleaned


def _check_own(text: str) -> None:
    """Raises ``BadList`` and ``BadPattern``."""
    wordlists.check_size(text)
    seen: set[str] = set()
    for name, pattern in own_patterns({"own": text}):
        _check_own_name(name, pattern)
        if name in seen or name in TAKEN:
            raise BadList(_("The name “%(name)s” is taken: use another one.") % {"name": name})
        seen.add(name)
    wordlists.check_patterns(tuple(pattern for _name, pattern in own_patterns({"own": text})))


def _check_own_name(name: str, pattern: str) -> None:
    if not name or not pattern:
        said = _("“%(line)s” is not of the form NAME = pattern.")
        raise BadList(said % {"line": f"{name} = {pattern}" if pattern else name})
    if not _OWN_NAME.fullmatch(name):
        said = _("“%(name)s” cannot be a name: use capital letters, digits and _ only, a letter first.")
        raise BadList(said % {"name": name[:40]})
    if not _SHORTEST_NAME <= len(name) <= _LONGEST_NAME:
        said = _("The name “%(name)s” must have %(least)d to %(most)d characters, such as STAFF_NUMBER.")
        raise BadList(said % {"name": name[:40], "least": _SHORTEST_NAME, "most": _LONGEST_NAME})
