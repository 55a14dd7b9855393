"""Forms of the evaluation pages."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import Styled
from ingestion import model_choices
from ingestion.golden_config import AUTOMATIC, Config
from ingestion.golden_files import MOST_BYTES
from ingestion.golden_sets import LONGEST_QUESTION
from ingestion.models import Collection, GoldenQuestion
from ingestion.split_forms import PRESET_NAMES, SplitForm

MODES = (
    ("hybrid", gettext_lazy("Words and meaning")),
    ("lexical", gettext_lazy("Words only")),
    ("dense", gettext_lazy("Meaning only")),
)
# What is empty stays as it is; this is the site's default, which collections keep as "".
_DEFAULT = "-"


class SetForm(Styled):
    """A new set in one of the ``collections``."""

    collection = forms.ModelChoiceField(
        Collection.objects.none(), label=gettext_lazy("Collection"), to_field_name="slug", empty_label=None
    )
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, collections: QuerySet[Collection], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["collection"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = collections


class NameForm(Styled):
    prefix = "rename"
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class QuestionForm(Styled):
    text = forms.CharField(
        label=gettext_lazy("Question"),
        max_length=LONGEST_QUESTION,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    answers = forms.CharField(
        label=gettext_lazy("Right answers, one a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "Short, as they would stand in an answer: a number, a name. You may leave it empty; they only "
            "count when answers are judged too."
        ),
    )
    is_answerable = forms.BooleanField(
        label=gettext_lazy("The documents answer this question"), required=False, initial=True
    )

    @property
    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "text": data["text"],
            "answers": data["answers"].splitlines(),
            "is_answerable": data["is_answerable"],
        }

    @classmethod
    def of(cls, question: GoldenQuestion) -> "QuestionForm":
        answers = "\n".join(question.answers)
        initial = {"text": question.text, "answers": answers, "is_answerable": question.is_answerable}
        return cls(initial=initial)


class RightForm(Styled):
    """A document, and the passage of it, that answer a question."""

    prefix = "right"
    document = forms.CharField(
        label=gettext_lazy("Document"),
        max_length=1000,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "right-documents"}),
        help_text=gettext_lazy("Its name, title, address or external id."),
    )
    quote = forms.CharField(
        label=gettext_lazy("The words in it that answer"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Empty: any passage of the document is right."),
    )


class _FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """Several files; its value is a list."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        return [super(_FilesField, self).clean(each, initial) for each in data or [None]]


class ImportForm(Styled):
    """``contents`` are the names and bytes of the files that were chosen."""

    prefix = "import"
    upload = _FilesField(
        label=gettext_lazy("Files"),
        widget=_FilesInput(attrs={"accept": ".csv,.tsv,.jsonl,.json,.zip,.txt"}),
    )

    def clean_upload(self) -> "list[UploadedFile[Any]]":
        files: list[UploadedFile[Any]] = self.cleaned_data["upload"]
        if sum(file.size or 0 for file in files) > MOST_BYTES:
            raise ValidationError(_("The files are larger than 32 MB together. Split them."))
        return files

    @property
    def contents(self) -> list[tuple[str, bytes]]:
        return [(str(file.name), file.read()) for file in self.cleaned_data["upload"]]


class RunForm(SplitForm):
    """A configuration to run; ``config`` is what was chosen."""

    mode = forms.ChoiceField(label=gettext_lazy("How to search"), choices=MODES, initial="hybrid")
    answers = forms.BooleanField(
        label=gettext_lazy("Also write the answers and judge them"),
        required=False,
        help_text=gettext_lazy("Asks the language model once for each question."),
    )
    label = forms.CharField(
        label=gettext_lazy("Name of the run"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Made from what you choose where it is empty."),
    )
    embedding = forms.ChoiceField(label=gettext_lazy("Embedding model"), required=False)
    dense_weight = forms.ChoiceField(label=gettext_lazy("What meaning counts beside words"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        models, preset, weight = (self.fields[name] for name in ("embedding", "split_preset", "dense_weight"))
        assert isinstance(models, forms.ChoiceField) and isinstance(preset, forms.ChoiceField)
        assert isinstance(weight, forms.ChoiceField)
        as_now = ("", _("As it is now"))
        models.choices = [as_now, *((name or _DEFAULT, said) for name, said in model_choices.offered())]
        steps = [(f"{step / 10:g}", number_format(step / 10, 1)) for step in range(11)]
        weight.choices = [as_now, (str(AUTOMATIC), _("Automatic")), *steps]
        preset.choices = [as_now, *((name or _DEFAULT, said) for name, said in PRESET_NAMES)]
        self.fields["chunk_tokens"].help_text = _("Empty: as it is now.")

    @property
    def config(self) -> Config:
        data = self.cleaned_data
        tokens = data["chunk_tokens"]
        return Config(
            mode=data["mode"],
            answers=data["answers"],
            chunk_tokens=tokens or None,
            chunk_overlap=(data["chunk_overlap"] or 0) if tokens else None,
            split_preset=_given(data["split_preset"]),
            embedding=_given(data["embedding"]),
            dense_weight=float(data["dense_weight"]) if data["dense_weight"] else None,
        )


def _given(value: str) -> str | None:
    """As a collection keeps it; ``None`` where nothing was chosen."""
    return "" if value == _DEFAULT else value or None
