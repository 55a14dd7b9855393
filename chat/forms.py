"""Forms of the chat pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat import prompt_selectors
from chat.models import PromptTemplate
from ingestion.access import collections_for
from ingestion.models import Collection
from llm import endpoints


class Scope(forms.Form):
    """Which collections are asked, by which model, with which wishes to it."""

    collections = forms.ModelMultipleChoiceField(
        queryset=Collection.objects.none(),
        to_field_name="slug",
        label=_("Collections"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one collection.")},
    )
    model = forms.ChoiceField(label=_("Model"), required=False)
    template = forms.ModelChoiceField(
        queryset=PromptTemplate.objects.none(),
        label=_("Instructions for answers"),
        required=False,
        empty_label=_("What all its collections have"),
        widget=forms.Select(attrs={"class": "select small"}),
        error_messages={"invalid_choice": _("These instructions are no longer there: choose others.")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        readable = collections_for(user)
        collections, model = self.fields["collections"], self.fields["model"]
        template = self.fields["template"]
        assert isinstance(template, forms.ModelChoiceField)
        template.queryset = prompt_selectors.all_templates()
        assert isinstance(collections, forms.ModelMultipleChoiceField)
        assert isinstance(model, forms.ChoiceField)
        collections.queryset = readable
        offered = endpoints.choices()
        default = _("The site's default: %(title)s") % {"title": offered[0].title}
        model.choices = [("", default), *offered]
        model.widget.attrs["class"] = "select small"


class NewConversation(Scope):
    """A first question; nothing is stored before it is asked."""

    question = forms.CharField(
        label=_("Question"),
        strip=True,
        error_messages={"required": _("Type a question first.")},
        widget=forms.Textarea(attrs={"rows": 1}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.fields.pop("template")
        if not self.initial.get("collections"):
            self.initial["collections"] = list(collections_for(user).values_list("slug", flat=True))
