"""Forms of sources."""

from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.forms import Styled
from ingestion import sources
from ingestion.models import Source
from ingestion.schedules import Often, minutes_of

_PATTERNS = {"rows": 4, "spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}


class FolderSourceForm(Styled):
    """Which files of which folder, and how often. Root and path are chosen by browsing."""

    root = forms.CharField(widget=forms.HiddenInput)
    path = forms.CharField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Empty means the name of the folder."),
    )
    include = forms.CharField(
        label=_("Only these files"),
        required=False,
        widget=forms.Textarea(attrs={**_PATTERNS, "placeholder": "*.pdf\n*.docx"}),
        help_text=_(
            "One pattern a line, for example *.pdf, or reports/**/*.md for files below a folder. "
            "Empty means all files."
        ),
    )
    exclude = forms.CharField(
        label=_("But not these"),
        required=False,
        widget=forms.Textarea(attrs=_PATTERNS),
        help_text=_("Names of files or folders. Hidden files and links are always left out."),
    )
    interval = forms.TypedChoiceField(label=_("How often to look"), coerce=int, choices=Often.choices)

    @classmethod
    def of(cls, source: Source) -> "FolderSourceForm":
        folder = source.folder
        return cls(
            initial={
                "root": folder.root,
                "path": folder.path,
                "name": source.name,
                "include": folder.include,
                "exclude": folder.exclude,
                "interval": minutes_of(source),
            }
        )

    @classmethod
    def empty(cls, root: str, path: str) -> "FolderSourceForm":
        interval = Often.HOUR
        return cls(
            initial={
                "root": root,
                "path": path,
                "exclude": sources.USUALLY_EXCLUDED,
                "interval": interval,
            }
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        try:
            data["path"] = sources.checked_path(data.get("root", ""), data.get("path", ""))
        except sources.BadSource as error:
            raise ValidationError(str(error)) from error
        return data

    @property
    def shown_folder(self) -> str:
        """The full path of the folder that is chosen."""
        return str(Path(str(self["root"].value() or "/")) / str(self["path"].value() or ""))


class DeleteSourceForm(Styled):
    with_documents = forms.BooleanField(
        label=_("Also delete the documents that came from it"), required=False
    )


class OutcomeFilterForm(forms.Form):
    """What the list of a source's files, or of a crawl's pages, shows; what is unknown counts for nothing."""

    outcome = forms.ChoiceField(required=False)
    text = forms.CharField(required=False, max_length=200)

    def __init__(self, data: QueryDict, outcomes: type[TextChoices]) -> None:
        super().__init__(data)
        outcome = self.fields["outcome"]
        assert isinstance(outcome, forms.ChoiceField)
        outcome.choices = outcomes.choices

    def value(self) -> dict[str, str]:
        self.full_clean()
        data = self.cleaned_data
        return {"outcome": data.get("outcome", ""), "text": data.get("text", "").replace("\0", "")}


def chosen_root(wanted: str) -> str:
    """One of the allowed roots: the one that is wanted, or the first; "" where there is none."""
    roots: list[str] = settings.SOURCE_ROOTS
    return wanted if wanted in roots else roots[0] if roots else ""
