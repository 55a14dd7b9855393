"""Forms of insights: what can be chosen for each kind, for people and for programs alike."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chat.insights.instructions import LANGUAGES
from chat.insights.kinds import ABOUT, Kind
from llm import endpoints

_SMALL = {"class": "select small"}
_LENGTHS = [("short", _("Short")), ("medium", _("Medium")), ("long", _("Detailed"))]
_SHAPES = [
    ("", _("As my wishes say")),
    ("email", _("An e-mail")),
    ("announcement", _("An announcement")),
    ("slides", _("An outline for slides")),
    ("checklist", _("A checklist")),
    ("faq", _("Frequent questions")),
    ("post", _("A social media post")),
    ("minutes", _("Minutes of a meeting")),
]
LONGEST_WISH = 1000


class InsightForm(forms.Form):
    """``parameters`` are the choices that its kind has; ``endpoint`` is the model. Where there is no model to
    ask (``has_model``), quotes are in the language of the text, which needs no choice."""

    question = forms.CharField(
        label=_("What do you want to know?"),
        max_length=settings.MAX_QUERY_CHARS,
        error_messages={"required": _("Type a question first.")},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    shape = forms.ChoiceField(
        label=_("What to write"), choices=_SHAPES, required=False, widget=forms.Select(attrs=_SMALL)
    )
    wish = forms.CharField(
        label=_("Your wishes"),
        required=False,
        max_length=LONGEST_WISH,
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 3}),
    )
    target = forms.ChoiceField(
        label=_("Into"), choices=list(LANGUAGES.items()), widget=forms.Select(attrs=_SMALL)
    )
    length = forms.ChoiceField(
        label=_("Length"), choices=_LENGTHS, required=False, widget=forms.Select(attrs=_SMALL)
    )
    count = forms.TypedChoiceField(
        label=_("How many"),
        choices=[(n, str(n)) for n in (3, 5, 8, 12)],
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.Select(attrs=_SMALL),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("", _("As the text")), *LANGUAGES.items()],
        required=False,
        widget=forms.Select(attrs=_SMALL),
    )
    model = forms.ChoiceField(label=_("Model"), required=False, widget=forms.Select(attrs=_SMALL))

    def __init__(
        self, data: Any = None, *, kind: str, language: str = "", has_model: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(data, auto_id=f"{kind}_%s", **kwargs)
        self.kind = kind
        about = ABOUT[kind]
        kept = {*about.options, *(["shape"] if "wish" in about.options else [])}
        kept |= {"model"} if about.uses_model else set()
        kept -= set() if has_model else {"language"}
        for name in [name for name in self.fields if name not in kept]:
            del self.fields[name]
        if "model" in self.fields:
            self._offer_models(needs_model=about.needs_model)
        if "target" in self.fields and not self.is_bound:
            self.initial["target"] = "en" if language == "zh" else "zh"
        if "length" in self.fields:
            self.initial.setdefault("length", "medium")
        if "count" in self.fields:
            self.initial.setdefault("count", 5)

    def _offer_models(self, *, needs_model: bool) -> None:
        """One model and nothing to choose from needs no field."""
        model = self.fields["model"]
        assert isinstance(model, forms.ChoiceField)
        offered = endpoints.choices()
        if needs_model:
            offered = [one for one in offered if one.name != endpoints.EXTRACTIVE]
        if not offered or (len(offered) == 1 and not self.is_bound):
            del self.fields["model"]
            return
        default = _("The default")
        model.choices = [("", default), *offered]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.kind == Kind.GENERATED and not (cleaned.get("shape") or cleaned.get("wish")):
            self.add_error("wish", _("Say what is to be written, or choose what to write."))
        return cleaned

    @property
    def parameters(self) -> dict[str, Any]:
        chosen = {name: value for name, value in self.cleaned_data.items() if name != "model"}
        if self.kind == Kind.SUMMARY:
            chosen["length"] = chosen.get("length") or "medium"
        return chosen

    @property
    def endpoint(self) -> str:
        return str(self.cleaned_data.get("model", ""))


class MaterialForm(forms.Form):
    """A text or an address; one of them."""

    text = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 8}),
    )
    url = forms.CharField(
        label=_("Address of a page"),
        required=False,
        max_length=2000,
        widget=forms.TextInput(
            attrs={
                "class": "input",
                "inputmode": "url",
                "autocomplete": "off",
                "placeholder": "https://example.com/article",
            }
        ),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        text, url = cleaned.get("text", "").strip(), cleaned.get("url", "").strip()
        if not text and not url:
            self.add_error("text", _("Paste some text, or give the address of a page."))
        if text and url:
            self.add_error("url", _("Give a text or an address, not both."))
        return cleaned
