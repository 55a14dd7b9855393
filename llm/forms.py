"""The form of an endpoint, for the site's own pages and for the admin. Keys go in and never come out."""

from importlib.metadata import PackageNotFoundError, distribution
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from llm import registry, services
from llm.environment import EXTRACTIVE, GIVEN, KEYS
from llm.models import RESERVED, Endpoint
from llm.types import Field, Kind, Options

CONNECTION: tuple[Field, ...] = ("base_url", "model", "api_key", "secret_key")
PRESET = (
    *("base_url", "model", "parameters", "context_tokens", "max_tokens", "context_words"),
    *("timeout_s", "silence_s"),
)
_CLASS_OF = ((forms.CheckboxInput, ""), (forms.Textarea, "textarea"), (forms.Widget, "input"))


class OfferedKind(NamedTuple):
    """A kind of back end, as the first step offers it; ``missing`` names a package it lacks."""

    name: str
    title: str
    examples: str
    missing: str


def offered_kinds() -> list[OfferedKind]:
    kinds = [(name, registry.kind(name)) for name in registry.names() if name != EXTRACTIVE]
    return [
        OfferedKind(name, _(kind.title), _(kind.examples) if kind.examples else "", _missing(kind))
        for name, kind in kinds
    ]


def kind_title(name: str) -> str:
    """A kind as people know it, one that is no longer there by its name."""
    try:
        return _(registry.kind(name).title)
    except ImproperlyConfigured:
        return name


def _missing(kind: Kind) -> str:
    try:
        return "" if not kind.package or distribution(kind.package) else kind.package
    except PackageNotFoundError:
        return kind.package


def _key_field(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=4000,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    """The fields that the endpoint's kind knows. A key that is left empty stays as it is."""

    api_key = _key_field(gettext_lazy("Key"))
    secret_key = _key_field(gettext_lazy("Secret key"))
    remove_keys = forms.BooleanField(label=gettext_lazy("Remove what is stored as key"), required=False)

    class Meta:
        model = Endpoint
        fields: tuple[str, ...] = (
            *("title", "name", "base_url", "model", "parameters", "context_tokens", "max_tokens"),
            *("context_words", "timeout_s", "silence_s", "concurrency", "patience_s", "price_prompt"),
            *("price_completion", "currency", "is_enabled", "is_fallback"),
        )
        widgets = {
            "parameters": forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
            "base_url": forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
            "model": forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
            "name": forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        }

    def __init__(self, *args: Any, kind: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.instance.kind = kind or self.instance.kind
        self._origin = _origin(self.instance.base_url)
        if self.instance.pk is None:
            self._fill_in(_kind(self.instance.kind))
            self.fields["name"].required = False
        else:
            self.fields.pop("name", None)
        self._fit_kind()
        self._look()

    def _fill_in(self, kind: Kind) -> None:
        self.initial.update({field: getattr(kind.preset, field) for field in PRESET})
        self.initial.update({"currency": kind.currency, "patience_s": kind.patience_s})

    def _fit_kind(self) -> None:
        kind = _kind(self.instance.kind)
        for field in CONNECTION:
            if field not in kind.required | kind.optional:
                self.fields.pop(field, None)
            elif field in kind.required and field in self.fields:
                self.fields[field].required = field not in KEYS or not self._stored(field)
        kept = [key for key in KEYS if key in self.fields and self._stored(key)]
        for key in kept:
            self.fields[key].help_text = _(
                "A key that ends in %(end)s is stored. Leave this empty to keep it."
            ) % {"end": f"…{getattr(self.instance, f'{key}_end')}"}
        if not kept:
            self.fields.pop("remove_keys", None)
        if "model" in self.fields and not self.fields["model"].required:
            self.fields["model"].help_text = _("May stay empty where the server has only one.")
        if self.instance.is_from_environment:
            self._lock_what_the_environment_gives(kept)

    def _lock_what_the_environment_gives(self, kept: list[str]) -> None:
        self.fields.pop("remove_keys", None)
        for name in (*GIVEN, *KEYS, "is_enabled"):
            if name in self.fields:
                self.fields[name].disabled = True
                self.fields[name].required = False
        for name in kept:
            end = f"…{getattr(self.instance, f'{name}_end')}"
            self.fields[name].help_text = _("It ends in %(end)s.") % {"end": end}

    def _look(self) -> None:
        for field in self.fields.values():
            name = next(name for kind, name in _CLASS_OF if isinstance(field.widget, kind))
            if name:
                field.widget.attrs.setdefault("class", name)

    def _stored(self, field: str) -> bool:
        return bool(getattr(self.instance, f"{field}_sealed"))

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if name in RESERVED:
            raise forms.ValidationError(_("This name means something else here. Choose another."))
        return name

    def clean_base_url(self) -> str:
        url = str(self.cleaned_data["base_url"]).strip()
        if url and self.fields["base_url"].disabled:
            return url
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        if url and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise forms.ValidationError(_("Give the whole address, for example http://127.0.0.1:11434/v1."))
        if parts.username or parts.password:
            raise forms.ValidationError(
                _("Leave the name and password out of the address; use the key field.")
            )
        return url

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        longest, context = data.get("max_tokens"), data.get("context_tokens")
        if longest and context and longest >= context:
            self.add_error(
                "max_tokens", _("This must be less than the context, which holds the question too.")
            )
        for field in KEYS:
            self._check_key(field, data)
        kind = str(data.get("kind") or self.instance.kind)
        for name in _kind(kind).required:
            if not (data.get(name) or name in self.errors or (name in KEYS and self._stored(name))):
                self.add_error(name, _("This kind of model needs it."))
        if not self.errors:
            self._check_whole(kind, data)
        return data

    def _check_whole(self, kind: str, data: dict[str, Any]) -> None:
        """What the back end itself says of its fields; a key that stays stored is not looked into."""
        fields: dict[str, Any] = {name: data[name] for name in PRESET if name in data}
        for key in KEYS:
            fields[key] = data.get(key) or ("kept" if self._stored(key) else "")
        try:
            registry.make(kind, Options(**fields))
        except ImproperlyConfigured as error:
            self.add_error(None, str(error))

    def _check_key(self, field: str, data: dict[str, Any]) -> None:
        """A stored key is not sent to another server than the one it was typed for."""
        if field not in self.fields or data.get(field) or data.get("remove_keys"):
            return
        moved = "base_url" in data and _origin(str(data["base_url"])) != self._origin
        if self._stored(field) and moved and not self.fields["base_url"].disabled:
            self.add_error(
                field, _("The address leads to another server now: type its key, or remove the stored one.")
            )

    def save(self, commit: bool = True) -> Endpoint:
        """Not committed, the object comes back as the form filled it, without its keys."""
        if not commit:
            unsaved: Endpoint = super().save(commit=False)
            return unsaved
        data = self.cleaned_data
        keys = {field: data.get(field) or None for field in KEYS}
        if data.get("remove_keys"):
            keys = {field: key or "" for field, key in keys.items()}
        return services.save_endpoint(endpoint=self.instance, **keys)


def _kind(name: str) -> Kind:
    """Of a kind that is no longer there every field is shown."""
    try:
        return registry.kind(name)
    except ImproperlyConfigured:
        return Kind(title=name, optional=frozenset(CONNECTION))


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url, ""
    return parts.scheme, parts.netloc
