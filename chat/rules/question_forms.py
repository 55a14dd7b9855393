"""Forms of the rules before the model."""

from typing import Any

import regex
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.rules import questions, wordlists
from chat.rules.applying import own_patterns
from chat.rules.kinds import KINDS_OF_DATA
from chat.rules.masking import LITERAL
from chat.rules.rule_form import PATTERNS_HELP, RuleForm, either, list_field, text_field
from chat.rules.wordlists import BadList

_OWN_NAME = regex.compile(r"[A-Z][A-Z0-9_]{1,29}")
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
    words = list_field(gettext_lazy("Words and patterns of the topic"), PATTERNS_HELP)
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
        if not _OWN_NAME.fullmatch(name) or not pattern:
            raise BadList(
                _("“%(line)s” is not of the form NAME = pattern, with a name in capital letters.")
                % {"line": f"{name} = {pattern}" if pattern else name}
            )
        if name in seen or name in TAKEN:
            raise BadList(_("The name “%(name)s” is taken: use another one.") % {"name": name})
        seen.add(name)
    wordlists.check_patterns(tuple(pattern for _name, pattern in own_patterns({"own": text})))
