"""A small form for each kind of rule. What it cleaned are the rule's options, name for name."""

from collections.abc import Callable
from typing import Any, ClassVar

import regex
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import Styled
from accounts.models import User
from chat.rules import questions, wordlists
from chat.rules.applying import own_patterns
from chat.rules.kinds import KINDS_OF_DATA
from chat.rules.masking import LITERAL
from chat.rules.models import Rule
from chat.rules.patterns import BadPattern
from chat.rules.services import save_rule
from chat.rules.wordlists import BadList
from ingestion.access import collections_for
from ingestion.models import Collection

_OWN_NAME = regex.compile(r"[A-Z][A-Z0-9_]{1,29}")
TAKEN = frozenset({*KINDS_OF_DATA, LITERAL})
_PATTERNS_HELP = gettext_lazy(
    "One a line. Words are found in any case, width and script; a line between slashes is a pattern: "
    "/contract\\s+no\\. \\d{6}/. A line that begins with # is a remark."
)


def _list_field(label: Any, help_text: Any, *, required: bool = True, rows: int = 6) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=wordlists.MAX_CHARS,
        widget=forms.Textarea(attrs={"rows": rows, "spellcheck": "false"}),
    )


def _text_field(label: Any, help_text: Any = "", rows: int = 2) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def _either(label: Any, yes: Any, no: Any, help_text: Any = "") -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        help_text=help_text,
        choices=[("", no), ("yes", yes)],
        coerce=bool,
        required=False,
        widget=forms.RadioSelect,
    )


class RuleForm(Styled):
    """What every rule has. ``option_names`` are the fields that are its options."""

    option_names: ClassVar[tuple[str, ...]] = ()

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("For the list and for what is told under an answer. Empty: the kind's name."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_everywhere = forms.TypedChoiceField(
        label=gettext_lazy("Where it counts"),
        choices=[
            ("yes", gettext_lazy("In every conversation")),
            ("", gettext_lazy("Only where one of these collections is searched")),
        ],
        coerce=bool,
        required=False,
        widget=forms.RadioSelect,
    )
    collections = forms.ModelMultipleChoiceField(
        queryset=Collection.objects.none(),
        required=False,
        label=gettext_lazy("Collections"),
        widget=forms.CheckboxSelectMultiple,
    )
    is_enabled = forms.BooleanField(label=gettext_lazy("In use"), required=False)

    def __init__(self, *args: Any, rule: Rule, user: User, **kwargs: Any) -> None:
        self.rule, self.user = rule, user
        initial: dict[str, Any] = {
            "name": rule.name,
            "is_everywhere": "yes" if rule.is_everywhere else "",
            "is_enabled": rule.is_enabled,
            "collections": list(rule.collections.all()) if rule.pk else [],
        }
        for name in self.option_names:
            if name in rule.options:
                value = rule.options[name]
                initial[name] = ("yes" if value else "") if self._is_either(name) else value
        super().__init__(*args, initial=initial, **kwargs)
        field = self.fields["collections"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = collections_for(user).order_by("name")

    @classmethod
    def _is_either(cls, name: str) -> bool:
        return isinstance(cls.base_fields[name], forms.TypedChoiceField)

    @property
    def own_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.option_names]

    def clean_name(self) -> str:
        return " ".join(str(self.cleaned_data["name"]).split())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("is_everywhere") and not cleaned.get("collections"):
            said = _("Choose at least one collection, or have the rule count everywhere.")
            self.add_error("collections" if collections_for(self.user).exists() else "is_everywhere", said)
        return cleaned

    def checked(self, field: str, check: Callable[[str], object]) -> str:
        """The field's text with plain line ends. Raises ``ValidationError`` for what ``check`` refuses."""
        text = str(self.cleaned_data[field]).replace("\r\n", "\n").strip()
        try:
            check(text)
        except (BadList, BadPattern) as error:
            raise ValidationError(str(error)) from error
        return text

    def need_one_text(self, cleaned: dict[str, Any], name: str, said: str) -> None:
        if not cleaned.get(f"{name}_en") and not cleaned.get(f"{name}_zh"):
            self.add_error(f"{name}_en", said)

    def save(self) -> Rule:
        data = self.cleaned_data
        self.rule.name, self.rule.is_everywhere = data["name"], bool(data["is_everywhere"])
        self.rule.is_enabled = data["is_enabled"]
        self.rule.options = {
            name: bool(data[name]) if self._is_either(name) else data[name] for name in self.option_names
        }
        return save_rule(rule=self.rule, collections=data["collections"], by=self.user)


class TrimForm(RuleForm):
    option_names = ("phrases",)
    phrases = _list_field(
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
    meanings = _list_field(
        gettext_lazy("Words and what they mean"),
        gettext_lazy(
            "One a line: “pto, time off => annual leave”. Each word before the arrow means what follows it."
        ),
        rows=8,
    )
    replaces = _either(
        gettext_lazy("What happens to the word"),
        gettext_lazy("It is replaced by what it means"),
        gettext_lazy("What it means is added behind it, in brackets"),
    )

    def clean_meanings(self) -> str:
        return self.checked("meanings", questions.meanings)


class BlockedForm(RuleForm):
    option_names = ("words", "reply_en", "reply_zh")
    words = _list_field(gettext_lazy("Words and patterns of the topic"), _PATTERNS_HELP)
    reply_en = _text_field(gettext_lazy("Reply in English"))
    reply_zh = _text_field(
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
    own = _list_field(
        gettext_lazy("Own patterns"),
        gettext_lazy(
            "One a line, behind the name that stands in its place: “STAFF_NUMBER = E\\d{6}”. In a text the "
            "model then reads [STAFF_NUMBER_1]."
        ),
        required=False,
        rows=4,
    )
    near = _either(
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


class BannedForm(RuleForm):
    option_names = ("words", "sentences", "instead")
    words = _list_field(gettext_lazy("Banned words and patterns"), _PATTERNS_HELP)
    sentences = _either(
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
    text_en = _text_field(gettext_lazy("In English"), rows=3)
    text_zh = _text_field(
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


FORMS: dict[str, type[RuleForm]] = {
    "trim": TrimForm,
    "spelling": SpellingForm,
    "synonyms": SynonymsForm,
    "blocked": BlockedForm,
    "mask": MaskForm,
    "banned": BannedForm,
    "repeats": RepeatsForm,
    "length": LengthForm,
    "disclaimer": DisclaimerForm,
}
