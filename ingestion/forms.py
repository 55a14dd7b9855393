"""Forms of collections, people and the first visit."""

from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import LANGUAGE_NAMES, Styled, add_errors
from accounts.models import User
from accounts.roles import Role, Visibility
from accounts.services import create_administrator
from ingestion import guide, model_choices, services
from ingestion.errors import BadCollection
from ingestion.models import Collection, Document, Membership, Recognition
from ingestion.split_forms import SplitForm, most_tokens
from llm import endpoints


class CollectionForm(Styled):
    """A new collection."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("What is in it, for the people who search it. You may leave it empty."),
    )
    visibility = forms.ChoiceField(
        label=gettext_lazy("Who may search and read it?"),
        choices=Visibility.choices,
        initial=Visibility.PRIVATE,
        widget=forms.RadioSelect,
    )
    slug = forms.CharField(
        label=gettext_lazy("Short name in addresses"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Lower-case letters, digits and hyphens. Made from the name where empty."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def save(self, owner: User) -> Collection | None:
        """The new collection, or ``None`` after putting the error beside its field."""
        try:
            return services.create_collection(owner=owner, **self.cleaned_data)
        except BadCollection as error:
            is_about_slug = bool(self.cleaned_data["slug"]) or error.code == "slug_taken"
            self.add_error("slug" if is_about_slug else "name", str(error))
            return None


class CollectionSettingsForm(SplitForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    visibility = forms.ChoiceField(
        label=gettext_lazy("Who may search and read it?"),
        choices=Visibility.choices,
        widget=forms.RadioSelect,
    )
    llm = forms.ChoiceField(
        label=gettext_lazy("Language model"),
        required=False,
        help_text=gettext_lazy("A conversation may choose another one."),
    )
    embedding = forms.ChoiceField(
        label=gettext_lazy("Embedding model"),
        required=False,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "It decides what is found by meaning. A change takes effect once the index is built anew; until "
            "then search goes on with the model that the index was made with."
        ),
    )

    dense_weight = forms.FloatField(
        label=gettext_lazy("What meaning counts beside words"),
        required=False,
        min_value=0,
        max_value=1,
        step_size=0.01,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "placeholder": gettext_lazy("automatic")}),
        help_text=gettext_lazy(
            "From 0, words alone, to 1, meaning alone. Empty: automatic, by how well the embedding model "
            "knows the language of each question. It holds from the next search on."
        ),
    )
    ocr = forms.ChoiceField(
        label=gettext_lazy("Recognise the words on scans and pictures"),
        required=False,
        choices=Recognition.choices,
        help_text=gettext_lazy("Takes some seconds a page. It holds for documents read from now on."),
    )

    def __init__(self, *args: Any, chosen: str = "", **kwargs: Any) -> None:
        """``chosen`` is what the collection has now: it stays possible where it is no longer there."""
        super().__init__(*args, **kwargs)
        field, models = self.fields["llm"], self.fields["embedding"]
        assert isinstance(field, forms.ChoiceField) and isinstance(models, forms.ChoiceField)
        models.choices = model_choices.offered()
        offered = [(choice.name, choice.title) for choice in endpoints.choices()]
        if chosen and chosen not in dict(offered):
            gone = _("“%(name)s”, which is no longer in use: the site's default answers") % {"name": chosen}
            offered.append((chosen, gone))
        field.choices = [("", _("The site's default: %(title)s") % {"title": offered[0][1]}), *offered]

    def clean_embedding(self) -> str:
        name = str(self.cleaned_data["embedding"])
        if name and (why_not := model_choices.trouble(name)):
            raise ValidationError(why_not)
        return name

    def save(self, collection: Collection) -> Collection:
        data = self.cleaned_data
        numbers = {name: data[name] or 0 for name in ("chunk_tokens", "chunk_overlap")}
        return services.update_collection(collection=collection, **(data | numbers))

    @classmethod
    def of(cls, collection: Collection) -> "CollectionSettingsForm":
        """The form filled with what holds now."""
        names = ["name", "description", "visibility", "chunk_tokens", "chunk_overlap", "split_preset", "llm"]
        names += ["embedding", "ocr"]
        initial = {name: getattr(collection, name) or "" for name in names}
        initial["dense_weight"] = collection.dense_weight
        return cls(initial=initial, chosen=collection.llm, most=most_tokens(collection))


class DeleteCollectionForm(Styled):
    prefix = "delete"
    typed = forms.CharField(
        label=gettext_lazy("Type the name of the collection to confirm"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, collection: Collection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.collection = collection

    def clean_typed(self) -> str:
        typed = " ".join(str(self.cleaned_data["typed"]).split())
        if typed != self.collection.name:
            raise ValidationError(
                _("This is not its name. Type “%(name)s”.") % {"name": self.collection.name}
            )
        return typed


class MemberForm(Styled):
    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices)

    def __init__(self, *args: Any, collection: Collection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.collection = collection

    def clean_username(self) -> User:
        name = self.cleaned_data["username"]
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise ValidationError(
                _("There is no user “%(name)s”. An administrator can add one in the settings.")
                % {"name": name}
            )
        if user == self.collection.owner:
            raise ValidationError(_("The owner has every right already."))
        return user

    def save(self) -> Membership:
        data = self.cleaned_data
        return services.set_member(collection=self.collection, user=data["username"], role=data["role"])


class FilterForm(forms.Form):
    """The filter above a collection's documents."""

    status = forms.ChoiceField(required=False, choices=[("", ""), *Document.Status.choices])
    text = forms.CharField(required=False, max_length=200)
    tag = forms.CharField(required=False, max_length=80)

    def value(self) -> dict[str, str]:
        """Arguments of ``selectors.documents_of``; a wrong value is no filter."""
        self.full_clean()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class WelcomeForm(Styled):
    """The first visit: the administrator, the language, the first collection."""

    START = (
        ("sample", gettext_lazy("Load the sample: a short guide to Youju in English and Chinese")),
        ("own", gettext_lazy("Make my own collection")),
    )
    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=150,
        initial="admin",
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=200,
        strip=False,
        help_text=gettext_lazy("At least 8 characters, not a common one."),
        widget=forms.PasswordInput(
            attrs={"autocomplete": "new-password", "autofocus": True}, render_value=True
        ),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=LANGUAGE_NAMES, widget=forms.RadioSelect
    )
    start = forms.ChoiceField(
        label=gettext_lazy("What do you want to start with?"),
        choices=START,
        initial="sample",
        widget=forms.RadioSelect,
    )
    collection = forms.CharField(
        label=gettext_lazy("Name of your collection"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("start") == "own" and not str(data.get("collection", "")).strip():
            self.add_error("collection", _("Give the collection a name."))
        return data

    def save(self, token: str) -> User | None:
        """The administrator, or ``None`` after putting the errors beside their fields."""
        names = ("username", "password", "language")
        try:
            return create_administrator(token=token, **{name: self.cleaned_data[name] for name in names})
        except ValidationError as error:
            add_errors(self, error, default_field="password")
            return None

    def first_collection(self, owner: User) -> Collection:
        """The sample or the person's own collection."""
        if self.cleaned_data["start"] == "sample":
            return guide.load_sample(owner=owner)
        return services.create_collection(owner=owner, name=self.cleaned_data["collection"])


def signed_in(user: User | AnonymousUser) -> User:
    """The account behind a view that asked for a login."""
    if not isinstance(user, User):
        raise TypeError("this view asks for a login")
    return user
