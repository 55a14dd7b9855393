"""Forms of feedback: what may be said besides the thumb, and an administrator's filter."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import Styled
from chat.extractive import NAME as EXTRACTIVE
from chat.feedback import reasons, selectors
from chat.feedback.models import Feedback
from chat.feedback.selectors import Wanted
from chat.feedback.services import LONGEST_ANSWER, LONGEST_COMMENT, SCORES, Details
from chat.verified.giving import MODEL as VERIFIED
from ingestion.models import Collection


def model_name(model: str) -> str:
    """Of what wrote an answer, as people read it."""
    known = {EXTRACTIVE: _("Quotes only"), VERIFIED: _("Verified answer")}
    return str(known.get(model, model or "–"))


def _named(models: list[str]) -> list[tuple[str, str]]:
    return [(model, model_name(model)) for model in models]


_STEPS = [("", "–"), *((str(step), str(step)) for step in range(1, 6))]


class _Score(forms.TypedChoiceField):
    """1 to 5, or nothing."""

    def __init__(self, label: Any) -> None:
        super().__init__(
            label=label,
            choices=_STEPS,
            coerce=int,
            empty_value=None,
            required=False,
            widget=forms.RadioSelect,
        )


class _Reasons(forms.MultipleChoiceField):
    """Offers those that fit the thumb. Others are no error: the thumb may have been turned meanwhile."""

    def valid_value(self, value: str) -> bool:
        return value in reasons.EVERY


class DetailsForm(Styled):
    """On one piece of feedback; the names of its elements are the page's only ones."""

    reasons = _Reasons(required=False, widget=forms.CheckboxSelectMultiple)
    accuracy = _Score(_("Factual accuracy"))
    ethics = _Score(_("Ethical soundness"))
    satisfaction = _Score(_("Satisfaction"))
    comment = forms.CharField(
        label=_("In your words"),
        required=False,
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    better_answer = forms.CharField(
        label=_("A better answer"),
        required=False,
        max_length=LONGEST_ANSWER,
        help_text=_("Written by you: it is what the answer should have been."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, feedback: Feedback, **kwargs: Any) -> None:
        given = {name: getattr(feedback, name) for name in (*SCORES, "reasons", "comment", "better_answer")}
        given |= {name: "" if given[name] is None else str(given[name]) for name in SCORES}
        super().__init__(*args, initial=given, auto_id=f"fb-{feedback.pk}-%s", **kwargs)
        for name in ("comment", "better_answer"):
            # A browser would cut what is pasted without a word; here it stays and is told to be too long.
            del self.fields[name].widget.attrs["maxlength"]
        offered = self.fields["reasons"]
        assert isinstance(offered, forms.MultipleChoiceField)
        offered.choices = reasons.offered(feedback.thumb, refused=bool(feedback.shown.get("refused")))
        offered.label = _("What was good?") if feedback.thumb == "up" else _("What was wrong?")

    @property
    def scores(self) -> list[forms.BoundField]:
        return [self[name] for name in SCORES]

    def details(self) -> Details:
        return Details(**self.cleaned_data)


class FilterForm(forms.Form):
    """Which feedback is listed; what cannot be understood does not narrow."""

    text = forms.CharField(required=False, max_length=200)
    thumb = forms.ChoiceField(required=False, choices=[("", _("Both thumbs")), *Feedback.Thumb.choices])
    reason = forms.ChoiceField(required=False)
    model = forms.ChoiceField(required=False)
    collection = forms.ChoiceField(required=False)
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    better = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"auto_id": "filter-%s"})
        slugs = Collection.objects.filter(is_scratch=False).values_list("slug", "name").order_by("name")
        choices: dict[str, list[tuple[str, Any]]] = {
            "reason": [("", _("All reasons")), *reasons.EVERY.items()],
            "model": [
                ("", _("All models")),
                *((name, model_name(name)) for name in selectors.models_named()),
            ],
            "collection": [("", _("All collections")), *slugs],
        }
        for name, offered in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = offered
        for field in self.fields.values():
            kind = "select small" if isinstance(field, forms.ChoiceField) else "input small"
            if not isinstance(field, forms.BooleanField):
                field.widget.attrs["class"] = kind

    def wanted(self) -> Wanted:
        self.is_valid()
        return Wanted(**{name: value for name, value in self.cleaned_data.items() if value})

    @property
    def narrows(self) -> bool:
        return self.wanted() != Wanted()

    @property
    def is_backwards(self) -> bool:
        """Whether the first day comes after the last one, so that nothing can be found."""
        wanted = self.wanted()
        return bool(wanted.since and wanted.until and wanted.since > wanted.until)
