"""How a collection's documents are cut: the fields of its settings, checked against the embedding model."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import Styled
from ingestion.embedding_texts import longest_passage
from ingestion.generations import chosen_embedder
from ingestion.models import Collection
from ingestion.split_presets import AUTOMATIC, CODE, MARKDOWN, PROSE, QUESTIONS
from search import registry
from search.errors import SearchError

_MIN_TOKENS, _MAX_TOKENS = 50, 2000
PRESET_NAMES = (
    (AUTOMATIC, gettext_lazy("Automatic: by the type of each document")),
    (PROSE, gettext_lazy("Prose: headings, paragraphs, sentences, clauses")),
    (MARKDOWN, gettext_lazy("Markdown: every section by itself, blocks kept whole")),
    (CODE, gettext_lazy("Code: classes and functions, empty lines, whole lines")),
    (QUESTIONS, gettext_lazy("Questions and answers: one pair or one table row a passage")),
)


def most_tokens(collection: Collection) -> int:
    """The longest passage that may be set: what the collection's embedding model reads of one."""
    try:
        most = longest_passage(registry.passage_tokens(chosen_embedder(collection)))
    except SearchError:
        most = None
    return _MAX_TOKENS if most is None else min(most, _MAX_TOKENS)


class SplitForm(Styled):
    """``most`` is the longest passage that may be set, in tokens."""

    chunk_tokens = forms.IntegerField(label=gettext_lazy("Length of a passage, in tokens"), required=False)
    chunk_overlap = forms.IntegerField(
        label=gettext_lazy("Overlap of neighbouring passages, in tokens"), required=False
    )
    split_preset = forms.ChoiceField(
        label=gettext_lazy("Where documents are cut"), choices=PRESET_NAMES, required=False
    )

    def __init__(self, *args: Any, most: int = _MAX_TOKENS, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        least = min(_MIN_TOKENS, most)
        tokens, overlap = self.fields["chunk_tokens"], self.fields["chunk_overlap"]
        tokens.help_text = _("Empty means the site's default. At most %(most)d.") % {"most": most}
        beyond = _(
            "The embedding model reads %(most)d tokens of a passage at most; what is beyond would never be "
            "found. Choose %(most)d or less."
        ) % {"most": most}
        tokens.validators += [MinValueValidator(least), MaxValueValidator(most, beyond)]
        tokens.widget.attrs |= {"min": least, "max": most, "inputmode": "numeric"}
        overlap.validators.append(MinValueValidator(0))
        overlap.widget.attrs |= {"min": 0, "max": most // 2, "inputmode": "numeric"}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        tokens, overlap = data.get("chunk_tokens"), data.get("chunk_overlap")
        if overlap and not tokens and "chunk_tokens" not in self.errors:
            self.add_error("chunk_tokens", _("Give the length of a passage too, or leave both empty."))
        if tokens and overlap and overlap * 2 > tokens:
            self.add_error("chunk_overlap", _("The overlap may be half of the length at most."))
        return data
