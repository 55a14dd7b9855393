"""What the forms of all kinds of rules have in common. What one cleaned are the options, name for name."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import Styled
from accounts.models import User
from chat.rules import wordlists
from chat.rules.models import Rule
from chat.rules.patterns import BadPattern
from chat.rules.services import save_rule
from chat.rules.wordlists import BadList
from ingestion.access import collections_for
from ingestion.models import Collection

PATTERNS_HELP = gettext_lazy(
    "One a line. Words are found in any case, width and script; a line between slashes is a pattern: "
    "/contract\\s+no\\. \\d{6}/. A line that begins with # is a remark."
)


def list_field(label: Any, help_text: Any, *, required: bool = True, rows: int = 6) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=wordlists.MAX_CHARS,
        widget=forms.Textarea(attrs={"rows": rows, "spellcheck": "false"}),
    )


def text_field(label: Any, help_text: Any = "", rows: int = 2) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def either(label: Any, yes: Any, no: Any, help_text: Any = "") -> forms.TypedChoiceField:
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
