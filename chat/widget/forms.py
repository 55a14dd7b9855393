"""Forms of the pages on which a collection's editors make and change widgets."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.widget.limits import MOST_DAILY, MOST_OF_VISITOR
from chat.widget.models import ACCENT, Widget
from chat.widget.origins import read_origins
from llm import endpoints

_QUESTIONS, _QUESTION_CHARS, _MOST_DAYS = 4, 120, 3650
_COLOUR = re.compile(r"#[0-9a-f]{6}")


class Origins(forms.CharField):
    """Addresses of websites, one on each line; the value is a list of origins."""

    widget = forms.Textarea(
        attrs={
            "class": "textarea",
            "rows": 3,
            "placeholder": "https://www.example.org",
            "spellcheck": "false",
        }
    )

    def clean(self, value: Any) -> Any:
        return read_origins(super().clean(value))

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class Lines(forms.CharField):
    """Short texts, one on each line; the value is a list."""

    widget = forms.Textarea(attrs={"class": "textarea", "rows": 4})

    def clean(self, value: Any) -> Any:
        lines = [" ".join(line.split()) for line in super().clean(value).splitlines() if line.strip()]
        if len(lines) > _QUESTIONS:
            raise ValidationError(
                _("At most %(limit)d questions are possible."), params={"limit": _QUESTIONS}
            )
        if any(len(line) > _QUESTION_CHARS for line in lines):
            raise ValidationError(
                _("A question has at most %(limit)d characters here."), params={"limit": _QUESTION_CHARS}
            )
        return lines

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class NewWidget(forms.Form):
    """Enough to begin with; the rest follows where it can be looked at."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("Stands at the head of the chat, for example “Help”."),
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    origins = Origins(
        label=gettext_lazy("Websites that may show it"),
        help_text=gettext_lazy("One address on each line. Only the part before the path counts."),
        error_messages={"required": gettext_lazy("Name at least one website.")},
    )

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())


class WidgetForm(NewWidget):
    """Everything of a widget but its switch."""

    greeting = forms.CharField(
        label=gettext_lazy("Greeting"),
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 2}),
    )
    questions = Lines(
        label=gettext_lazy("Questions to start with"),
        required=False,
        help_text=gettext_lazy("One on each line, four at most. Visitors ask them with one click."),
    )
    contact = forms.CharField(
        label=gettext_lazy("Another way to get help"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Shown where no answer is found. Addresses become links."),
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        help_text=gettext_lazy("Automatic is that of the page, else of the browser."),
        widget=forms.Select(attrs={"class": "select"}),
    )
    accent = forms.CharField(
        label=gettext_lazy("Colour"),
        widget=forms.TextInput(attrs={"type": "color", "class": "widget-colour"}),
    )
    model = forms.ChoiceField(
        label=gettext_lazy("Model"), required=False, widget=forms.Select(attrs={"class": "select"})
    )
    visitor_limit = forms.IntegerField(
        label=gettext_lazy("Questions of one visitor in an hour"),
        validators=[MinValueValidator(1), MaxValueValidator(MOST_OF_VISITOR)],
        widget=forms.NumberInput(attrs={"class": "input"}),
    )
    daily_limit = forms.IntegerField(
        label=gettext_lazy("Questions of all visitors in a day"),
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAILY)],
        widget=forms.NumberInput(attrs={"class": "input"}),
    )
    keep_days = forms.IntegerField(
        label=gettext_lazy("Days for which conversations are kept"),
        validators=[MinValueValidator(1), MaxValueValidator(_MOST_DAYS)],
        widget=forms.NumberInput(attrs={"class": "input"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language, model = self.fields["language"], self.fields["model"]
        assert isinstance(language, forms.ChoiceField) and isinstance(model, forms.ChoiceField)
        language.choices = [("", _("Automatic")), *settings.LANGUAGES]
        model.choices = [("", _("As the collection has it")), *endpoints.choices()]

    @classmethod
    def of(cls, shown: Widget, data: Any = None) -> "WidgetForm":
        return cls(data, initial={name: getattr(shown, name) for name in cls.base_fields})

    def clean_accent(self) -> str:
        colour = str(self.cleaned_data["accent"]).strip().lower()
        if not _COLOUR.fullmatch(colour):
            raise ValidationError(_("Write the colour as in %(example)s."), params={"example": ACCENT})
        return colour
