"""The form of a verified answer."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.forms import Styled
from chat.verified import candidates
from chat.verified.drafts import Draft
from chat.verified.services import LONGEST_ANSWER, MOST_WORDINGS, Content
from ingestion.models import Collection


class VerifiedForm(Styled):
    """``offered`` are the sources that may be ticked; what was typed stays where something is missing."""

    questions = forms.CharField(
        label=_("Question"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Further wordings of the same question, also in another language, go on lines of their "
                    "own: the more there are, the more often it is met."),
    )  # fmt: skip
    text = forms.CharField(
        label=_("Verified answer"),
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "Markdown. Numbers in brackets, such as [1], lead to the sources below. It is given word for "
            "word: who asks in another language is told so, or gets what you verify in that language besides."
        ),
    )
    collections = forms.ModelMultipleChoiceField(
        queryset=Collection.objects.none(),
        label=_("Collections"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Who may read all of these gets the answer, in conversations that search all of these."),
        error_messages={"required": _("Choose at least one collection.")},
    )

    def __init__(self, *args: Any, draft: Draft, typed: QueryDict | None = None, **kwargs: Any) -> None:
        """``typed`` is what stands in the fields while sources are looked for: it is not checked yet."""
        initial = {
            "questions": "\n".join(draft.questions),
            "text": draft.text,
            "collections": list(draft.chosen),
        }
        if typed is not None:
            initial |= {name: typed.get(name, "") for name in ("questions", "text")}
            initial["collections"] = typed.getlist("collections")
        super().__init__(*args, initial=initial, **kwargs)
        chosen = self.fields["collections"]
        assert isinstance(chosen, forms.ModelMultipleChoiceField)
        chosen.queryset = Collection.objects.filter(pk__in=[each.pk for each in draft.collections])
        given = typed if typed is not None else self.data if self.is_bound else QueryDict()
        assert isinstance(given, QueryDict)
        picked = given.getlist("collections") if typed is not None or self.is_bound else draft.chosen
        searched = [each for each in draft.collections if each.pk in picked or str(each.pk) in picked]
        first = str(self["questions"].value() or "").strip().splitlines()[:1]
        ticked = given.getlist("source")
        self.offered = candidates.offered(
            draft.own, draft.further, first[0] if first else "", searched, ticked, draft.lost
        )
        self.chosen_sources = candidates.chosen(ticked)

    def content(self) -> Content:
        given = self.cleaned_data
        lines = given["questions"].splitlines()[: MOST_WORDINGS + 1]
        return Content(lines, given["text"], self.chosen_sources, list(given["collections"]))
