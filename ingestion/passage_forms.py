"""The form of a passage by hand."""

from django import forms
from django.utils.translation import gettext_lazy

from accounts.forms import Styled

_MOST_CHARS = 20_000


class PassageForm(Styled):
    """A new text for a passage."""

    text = forms.CharField(
        label=gettext_lazy("Text of the passage"),
        max_length=_MOST_CHARS,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=gettext_lazy("This is what is searched and quoted. The document itself stays as it is."),
    )


class NewPassageForm(PassageForm):
    """A passage that the document does not have."""

    heading = forms.CharField(label=gettext_lazy("Heading above it"), required=False, max_length=300)
    page = forms.IntegerField(label=gettext_lazy("Page"), required=False, min_value=1, max_value=1_000_000)
