"""The list of words that mean the same, as an editor types it."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from accounts.forms import Styled
from ingestion import services
from ingestion.models import Collection
from search.synonyms import MAX_CHARS, BadSynonyms, parse


class SynonymsForm(Styled):
    synonyms = forms.CharField(
        label=gettext_lazy("Words that mean the same"),
        required=False,
        strip=False,
        # Browsers count a line break as one character and send two.
        max_length=2 * MAX_CHARS,
        widget=forms.Textarea(
            attrs={"rows": 14, "spellcheck": "false", "placeholder": "k8s, kubernetes\ntv => television"}
        ),
        help_text=gettext_lazy(
            "One group a line, separated by commas: each finds the others. With an arrow only the left side "
            "finds the right one. A line that begins with # is a remark."
        ),
    )

    def clean_synonyms(self) -> str:
        text = "\n".join(str(self.cleaned_data["synonyms"]).splitlines())
        try:
            parse(text)
        except BadSynonyms as error:
            raise ValidationError(error.problems) from error
        return text

    def save(self, collection: Collection) -> Collection:
        return services.update_collection(collection=collection, synonyms=self.cleaned_data["synonyms"])
