"""The form in which a prompt is written. A variable is there because the text uses it; what the form says of
it (label, kind, choices) stands in fields that are named after it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import LANGUAGE_NAMES, Styled
from accounts.models import User
from chat import prompt_texts
from chat.models import PromptTemplate
from chat.prompt_library import services, versions
from chat.prompt_library.prompt import SOURCES, Input, InputKind, inputs_of

MAX_TEXT_CHARS = 8000
MAX_LABEL_CHARS = 80
MAX_CHOICES_CHARS = 1000
MOST_VARIABLES = 30
KINDS: tuple[InputKind, ...] = ("line", "text", "choice")


class EditorForm(Styled):
    """A prompt to fill in, new or changed. ``rows`` are its variables as they stand in the form."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    description = forms.CharField(
        label=gettext_lazy("What it is good for"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=MAX_TEXT_CHARS,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "true"}),
        help_text=gettext_lazy(
            "Write {topic}, {text} or any other name in braces where something is to be filled in."
        ),
    )
    query = forms.CharField(
        label=gettext_lazy("What is searched for"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "{topic}"}),
        help_text=gettext_lazy(
            "Only where the text holds {sources}. Empty: the value of its first variable."
        ),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=[("", gettext_lazy("Any")), *LANGUAGE_NAMES],
        widget=forms.Select,
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, template: PromptTemplate, user: User, **kwargs: Any) -> None:
        self.template, self.user = template, user
        names = ("name", "description", "text", "query", "language", "version")
        super().__init__(*args, initial={name: getattr(template, name) for name in names}, **kwargs)

    @property
    def rows(self) -> list[Input]:
        """As they were typed where the form was sent, else as they are stored. While the text is wrong, those
        that it no longer names stay too, so that nothing typed is lost."""
        if not self.is_bound:
            return list(inputs_of(self.template.text, self.template.query, self.template.inputs))
        names = [
            *prompt_texts.names_in(str(self.data.get("text", ""))),
            *prompt_texts.names_in(str(self.data.get("query", ""))),
        ]
        if "text" in self.errors or "query" in self.errors:
            names += [name.removeprefix("kind-") for name in self.data if name.startswith("kind-")]
        return [Input.of(name, self._typed(name)) for name in dict.fromkeys(names) if name != SOURCES]

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        if services.is_taken(name, self.template.owner, but=self.template.pk):
            raise ValidationError(_("There is a prompt of this name already."))
        return name

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        names = _variables(text)
        if len(names) > MOST_VARIABLES:
            said = _("A prompt has at most %(limit)d variables; this one has %(count)d.")
            raise ValidationError(said % {"limit": MOST_VARIABLES, "count": len(names)})
        return text

    def clean_query(self) -> str:
        query = str(self.cleaned_data["query"])
        if SOURCES in _variables(query):
            raise ValidationError(_("{sources} is what is found by this, so it cannot be a part of it."))
        return query

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("query") and SOURCES not in prompt_texts.names_in(cleaned.get("text", "{sources}")):
            said = _("The text holds no {sources}, so nothing is searched: put it in, or empty this field.")
            self.add_error("query", said)
        return cleaned

    def save(self) -> bool:
        """Whether there was anything to save. Raises ``ChangedMeanwhile``."""
        data, template = self.cleaned_data, self.template
        for name in ("name", "description", "text", "query", "language"):
            setattr(template, name, data[name])
        template.inputs = {row.name: row.described() for row in self.rows if row.described()}
        seen = None if template._state.adding else data["version"]
        return versions.save(template=template, by=self.user, seen=seen)

    def go_on_from(self, version: int) -> None:
        """The next save replaces this version, which its writer has been told of."""
        self.data = {**self.data.dict(), "version": str(version)}  # type: ignore[attr-defined]

    def _typed(self, name: str) -> dict[str, Any]:
        kind = str(self.data.get(f"kind-{name}", "line"))
        typed = str(self.data.get(f"choices-{name}", ""))[:MAX_CHOICES_CHARS].replace("｜", "|")
        choices = list(dict.fromkeys(part.strip() for part in typed.split("|") if part.strip()))
        return {
            "label": " ".join(str(self.data.get(f"label-{name}", "")).split())[:MAX_LABEL_CHARS],
            "kind": kind if kind in KINDS else "line",
            "choices": choices,
            "default": str(self.data.get(f"default-{name}", "")).strip()[:MAX_LABEL_CHARS],
            "optional": bool(self.data.get(f"optional-{name}")),
        }


def _variables(text: str) -> list[str]:
    try:
        return prompt_texts.variables(text)
    except prompt_texts.LoneBrace as error:
        raise ValidationError(str(error)) from error
