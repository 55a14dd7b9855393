"""The form of the box in which rules are tried."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.forms import Styled
from accounts.models import User
from chat.rules.loading import respelling
from chat.rules.selectors import specs_for, with_those_off
from chat.rules.trying import MAX_CHARS, Tried, tried
from ingestion.access import collections_for
from ingestion.models import Collection


class TryForm(Styled):
    prefix = "try"
    stage = forms.ChoiceField(
        label=gettext_lazy("The text is"),
        choices=[("before", gettext_lazy("a question")), ("after", gettext_lazy("an answer"))],
        initial="before",
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=MAX_CHARS,
        error_messages={"required": gettext_lazy("Type a text to try the rules on.")},
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    collection = forms.ModelChoiceField(
        queryset=Collection.objects.none(),
        required=False,
        label=gettext_lazy("Searched"),
        empty_label=gettext_lazy("Any collection (rules that count everywhere)"),
    )
    with_off = forms.BooleanField(label=gettext_lazy("Also rules that are switched off"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["collection"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = collections_for(user).order_by("name")

    def tried(self) -> Tried:
        data = self.cleaned_data
        chosen = [data["collection"]] if data["collection"] else []
        specs = with_those_off(chosen) if data["with_off"] else specs_for(chosen)
        text = str(data["text"]).replace("\r\n", "\n")
        return tried(text, data["stage"], specs, respell=respelling(chosen))
