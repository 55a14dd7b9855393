"""Forms that fill a prompt in and run it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import Styled
from accounts.models import User
from chat.prompt_library.filling import MAX_VALUE_CHARS, BadValues, Filled, filled
from chat.prompt_library.prompt import Input, Prompt
from chat.prompt_library.running import TEMPERATURE, Order
from chat.prompt_library.searching import Search
from ingestion.access import collections_for
from ingestion.models import Collection
from llm import endpoints
from llm.endpoints import Choice

PREFIX = "v-"
MOST_MODELS = 4
LONG_ROWS = 8


def models() -> list[Choice]:
    """The endpoints that can run a prompt, the site's default first."""
    return [choice for choice in endpoints.choices() if choice.name != endpoints.EXTRACTIVE]


class FillForm(Styled):
    """The variables of a prompt. ``filled`` is there where the form is valid."""

    filled: Filled

    def __init__(self, *args: Any, prompt: Prompt, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prompt = prompt
        self.fields |= {f"{PREFIX}{one.name}": _field(one) for one in prompt.inputs}

    @property
    def inputs(self) -> list[forms.BoundField]:
        """The variables alone."""
        return [self[f"{PREFIX}{one.name}"] for one in self.prompt.inputs]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        values = {one.name: cleaned.get(f"{PREFIX}{one.name}", "") for one in self.prompt.inputs}
        if not any(f"{PREFIX}{name}" in self.errors for name in values):
            try:
                self.filled = filled(self.prompt, values)
            except BadValues as error:
                self.add_error(f"{PREFIX}{error.names[0]}", str(error))
        return cleaned


class RunForm(FillForm):
    """The variables, the endpoint or endpoints that run the prompt, and what they may search."""

    temperature = forms.FloatField(
        label=gettext_lazy("Temperature"),
        required=False,
        min_value=0,
        max_value=2,
        help_text=gettext_lazy("0 keeps to the likeliest words, 1 and more makes them freer."),
        widget=forms.NumberInput(attrs={"step": "0.1", "inputmode": "decimal"}),
    )
    max_tokens = forms.IntegerField(
        label=gettext_lazy("Longest answer, in tokens"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=gettext_lazy("Empty: as long as the endpoint allows."),
    )

    def __init__(self, *args: Any, user: User, offered: Sequence[Choice], many: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.many = user, many
        self.order_fields([*(name for name in self.fields if name.startswith(PREFIX)), *self.fields])
        if offered:
            self.fields["model"] = _many_models(offered) if many else _one_model(offered)
        if self.prompt.wants_sources:
            self.fields["collections"] = _collections(user)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.many and len(cleaned.get("model") or ()) > MOST_MODELS:
            self.add_error("model", too_many())
        return cleaned

    def orders(self) -> list[Order]:
        """One for each endpoint that was chosen. They share one search, which another request of the same run
        may have done."""
        data = self.cleaned_data
        collections = tuple(data.get("collections") or ())
        search = None
        if self.filled.wants_sources:
            told = str(self.data.get("found", ""))
            search = Search(self.filled.query, collections, person=self.user.pk, told=told)
        temperature = data["temperature"]
        chosen = data["model"] if self.many else [data["model"]]
        return [
            Order(
                self.filled,
                name,
                collections,
                translation.get_language() or "en",
                TEMPERATURE if temperature is None else temperature,
                data["max_tokens"],
                search,
                in_full=self.user.is_superuser,
            )
            for name in chosen
        ]


def too_many() -> str:
    said = _("Choose at most %(count)d models: more columns cannot be read side by side.")
    return said % {"count": MOST_MODELS}


def _field(one: Input) -> forms.Field:
    required = {"required": _("Fill in “%(label)s”.") % {"label": one.title}}
    if one.kind == "choice" and one.choices:
        choices = [(choice, choice) for choice in one.choices]
        if one.optional:
            choices.insert(0, ("", "–"))
        start = one.default if one.default in one.choices else None
        return forms.ChoiceField(
            label=one.title,
            choices=choices,
            required=not one.optional,
            initial=start,
            widget=forms.Select(attrs={"class": "select"}),
            error_messages=required
            | {"invalid_choice": _("“%(value)s” is no choice any more: choose another one.")},
        )
    widget: forms.Widget = forms.TextInput(attrs={"class": "input", "autocomplete": "off"})
    if one.kind == "text":
        widget = forms.Textarea(attrs={"class": "textarea", "rows": 3 if one.optional else LONG_ROWS})
    return forms.CharField(
        label=one.title,
        required=not one.optional,
        initial=one.default,
        max_length=MAX_VALUE_CHARS,
        widget=widget,
        error_messages=required,
    )


def _one_model(offered: Sequence[Choice]) -> forms.Field:
    return forms.ChoiceField(
        label=_("Model"),
        choices=[(choice.name, choice.title) for choice in offered],
        widget=forms.Select(attrs={"class": "select"}),
    )


def _many_models(offered: Sequence[Choice]) -> forms.Field:
    return forms.MultipleChoiceField(
        label=_("Models to compare"),
        choices=[(choice.name, choice.title) for choice in offered],
        initial=[choice.name for choice in offered[:2]],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one model, or two to compare them.")},
    )


def _collections(user: User) -> forms.Field:
    readable = collections_for(user).order_by("name")
    return forms.ModelMultipleChoiceField(
        queryset=readable if readable.exists() else Collection.objects.none(),
        to_field_name="slug",
        label=_("Collections to search"),
        initial=list(readable.values_list("slug", flat=True)),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one collection.")},
    )
