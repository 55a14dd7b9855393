"""What the address of the search page says: the question, its filters, the order, the page."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from ingestion.ranked import SORTS, Sort
from ingestion.tagging import folded
from search.filters import read_filters
from search.query_language import Asked, parse
from search.types import MODES, Mode

MOST = 10


class SearchForm(forms.Form):
    """The search box and its filters; what is unknown falls back to the default."""

    q = forms.CharField(required=False, strip=True)
    c = forms.MultipleChoiceField(required=False)
    mode = forms.CharField(required=False)
    sort = forms.CharField(required=False)
    page = forms.IntegerField(required=False, min_value=1, max_value=50)
    doc = forms.UUIDField(required=False)
    after = forms.CharField(required=False, max_length=40)
    before = forms.CharField(required=False, max_length=40)
    site = forms.CharField(required=False, max_length=400)

    def __init__(self, *args: Any, slugs: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slugs = slugs
        self.full_clean()

    @property
    def query(self) -> str:
        return str(self.data.get("q", "")).replace("\0", " ").strip()

    @property
    def chosen(self) -> list[str]:
        """The ticked collections that the visitor may read, in the page's order."""
        ticked = set(self._list("c"))
        return [slug for slug in self.slugs if slug in ticked]

    @property
    def tags(self) -> list[str]:
        """The tags that documents must have, ten at the most."""
        return list({folded(name): name for name in self._list("tag")}.values())[:MOST]

    @property
    def types(self) -> list[str]:
        return list(dict.fromkeys(self._list("type")))[:MOST]

    @property
    def mode_name(self) -> Mode:
        wanted = self.cleaned_data.get("mode", "")
        return next((mode for mode in MODES if mode == wanted), "hybrid")

    @property
    def sort_name(self) -> Sort:
        wanted = self.cleaned_data.get("sort", "")
        return next((sort for sort in SORTS if sort == wanted), "relevance")

    @property
    def page_number(self) -> int:
        return self.cleaned_data.get("page") or 1

    @property
    def document_id(self) -> UUID | None:
        found: UUID | None = self.cleaned_data.get("doc")
        return found

    @property
    def controls(self) -> list[tuple[str, str]]:
        """The filters outside the question, as pairs of a parameter and its value."""
        single = [(key, str(self.cleaned_data.get(key) or "").strip()) for key in ("site", "after", "before")]
        return [
            *(("type", name) for name in self.types),
            *(("tag", name) for name in self.tags),
            *((key, value) for key, value in single if value),
        ]

    def asked(self, today: date) -> Asked:
        """The question as it was written, together with the controls."""
        asked = parse(self.query, today=today)
        controls = self.controls
        return asked.with_filters(*read_filters(controls, today=today)) if controls else asked

    def _list(self, key: str) -> list[str]:
        typed = self.data.getlist(key) if isinstance(self.data, QueryDict) else []
        names = (" ".join(name.replace("\0", " ").split()) for name in typed)
        return [name for name in names if name]
