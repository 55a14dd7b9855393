"""Forms of the pages on which administrators keep prompt templates."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import Styled
from accounts.models import User
from chat import prompt_texts
from chat.models import CollectionTemplate, PromptTemplate
from chat.prompt_import import KIND, Imported, MissingValues, import_template
from chat.prompt_services import save_template
from ingestion.access import collections_for
from ingestion.models import Collection
from llm.ernie_templates import RESERVED
from llm.errors import LLMError
from llm.models import Endpoint

MAX_VALUES_CHARS = 4000


class CollectionsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Names behind each collection the template that it would lose."""

    taken: dict[UUID, str]

    def label_from_instance(self, obj: Collection) -> str:
        other = self.taken.get(obj.pk)
        if other is None:
            return obj.name
        return _("%(collection)s (now “%(template)s”)") % {"collection": obj.name, "template": other}


class PromptForm(Styled):
    """A template of this site, new or changed, and the collections that have it."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("What people see where they choose a template."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=prompt_texts.MAX_CHARS,
        widget=forms.Textarea(attrs={"rows": 10}),
    )
    collections = CollectionsField(
        queryset=Collection.objects.none(),
        required=False,
        label=gettext_lazy("Collections that use it"),
        help_text=gettext_lazy(
            "A conversation in which none is chosen uses the template that all its collections have."
        ),
        widget=forms.CheckboxSelectMultiple,
    )
    origin = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)

    def __init__(self, *args: Any, template: PromptTemplate, user: User, **kwargs: Any) -> None:
        self.template, self.user = template, user
        chosen = dict(_chosen())
        own = [pk for pk, other in chosen.items() if template.pk and other == template.name]
        initial = {
            "name": template.name,
            "text": template.text,
            "origin": template.origin,
            "collections": own,
        }
        super().__init__(*args, initial=initial, **kwargs)
        field = self.fields["collections"]
        assert isinstance(field, CollectionsField)
        field.taken = {pk: other for pk, other in chosen.items() if pk not in own}
        field.queryset = collections_for(user).order_by("name")
        if not field.queryset.exists():
            self.fields.pop("collections")

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        if PromptTemplate.objects.filter(name=name, owner=None).exclude(pk=self.template.pk).exists():
            raise ValidationError(_("There are instructions of this name already."))
        return name

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        try:
            others = prompt_texts.unknown(prompt_texts.variables(text))
        except prompt_texts.LoneBrace as error:
            raise ValidationError(str(error)) from error
        if others:
            raise ValidationError(_not_ours(others))
        return text

    def save(self) -> PromptTemplate:
        data = self.cleaned_data
        self.template.name, self.template.text = data["name"], data["text"]
        if self.template._state.adding:
            self.template.origin = data["origin"]
        return save_template(template=self.template, collections=data.get("collections") or (), by=self.user)


class ImportForm(Styled):
    """Which template of Qianfan to fetch, through which endpoint, with which values."""

    endpoint = forms.ModelChoiceField(
        queryset=Endpoint.objects.none(),
        to_field_name="name",
        empty_label=None,
        label=gettext_lazy("Endpoint"),
        help_text=gettext_lazy("Its address and its keys are used."),
    )
    template_id = forms.IntegerField(
        label=gettext_lazy("Template ID"),
        min_value=1,
        max_value=2**63 - 1,
        help_text=gettext_lazy("The number in Qianfan's console, for example 6610."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    variables = forms.CharField(
        label=gettext_lazy("Values of its variables"),
        required=False,
        max_length=MAX_VALUES_CHARS,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["endpoint"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Endpoint.objects.filter(kind=KIND)

    def clean_variables(self) -> dict[str, str]:
        values: dict[str, str] = {}
        for line in str(self.cleaned_data["variables"]).splitlines():
            name, equals, value = (part.strip() for part in line.partition("="))
            if not (name or equals):
                continue
            if not equals or not prompt_texts.is_name(name):
                raise ValidationError(_("“%(line)s” is not of the form name=value.") % {"line": line.strip()})
            if name in RESERVED:
                raise ValidationError(
                    _("Qianfan uses the name “%(name)s” itself: leave it out.") % {"name": name}
                )
            if name in values:
                raise ValidationError(_("“%(name)s” has two values.") % {"name": name})
            values[name] = value
        return values

    def fetched(self) -> Imported | None:
        """What Qianfan has, or ``None`` after putting the reason into the form."""
        data = self.cleaned_data
        try:
            return import_template(data["endpoint"], data["template_id"], data["variables"])
        except MissingValues as error:
            self.add_error("variables", str(error))
        except (LLMError, ImproperlyConfigured) as error:
            self.add_error(None, str(error))
        return None


def _chosen() -> list[tuple[UUID, str]]:
    """Each collection that has a template, with the template's name."""
    return list(CollectionTemplate.objects.values_list("collection_id", "template__name"))


def _not_ours(names: list[str]) -> str:
    said = _(
        "Only {question}, {sources} and {language} are filled in. Write fixed text in place of: %(names)s."
    )
    return said % {"names": _(", ").join(f"{{{name}}}" for name in names)}
