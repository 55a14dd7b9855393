"""Forms of the rules after the model."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.rules import wordlists
from chat.rules.rule_form import PATTERNS_HELP, RuleForm, either, list_field, text_field


class BannedForm(RuleForm):
    option_names = ("words", "sentences", "instead")
    words = list_field(gettext_lazy("Banned words and patterns"), PATTERNS_HELP)
    sentences = either(
        gettext_lazy("What happens to them"),
        gettext_lazy("The whole sentence is left out"),
        gettext_lazy("They are replaced"),
    )
    instead = forms.CharField(
        label=gettext_lazy("Replaced by"),
        max_length=40,
        required=False,
        initial="＊＊＊",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Empty: nothing stands in their place."),
    )

    def clean_words(self) -> str:
        return self.checked("words", wordlists.check)


class RepeatsForm(RuleForm):
    """Nothing to set."""


class LengthForm(RuleForm):
    option_names = ("chars", "sentences")
    chars = forms.IntegerField(
        label=gettext_lazy("Characters"), required=False, min_value=50, max_value=100_000,
        help_text=gettext_lazy("A sentence that no longer fits is left out."),
    )  # fmt: skip
    sentences = forms.IntegerField(
        label=gettext_lazy("Sentences"), required=False, min_value=1, max_value=1000,
        help_text=gettext_lazy("Notices that are required come on top of it."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not (cleaned.get("chars") or cleaned.get("sentences") or self.errors):
            self.add_error("chars", _("Give a number of characters, of sentences, or both."))
        return cleaned


class DisclaimerForm(RuleForm):
    option_names = ("text_en", "text_zh")
    text_en = text_field(gettext_lazy("In English"), rows=3)
    text_zh = text_field(
        gettext_lazy("In Chinese"),
        gettext_lazy(
            "An answer gets the text in its own language; where only one is written, that one. What the "
            "documents do not answer gets none."
        ),
        rows=3,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.need_one_text(cleaned, "text", _("Write the text in at least one language."))
        return cleaned
