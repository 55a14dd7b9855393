"""What a search is tried with when its words are misspelt, or when nothing is found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import QueryDict

from ingestion import finding
from ingestion.finding import Found
from ingestion.models import Collection
from ingestion.search_form import SearchForm
from ingestion.suggesting import better_spelling
from ingestion.views.filter_chips import Chip, address
from search.errors import SearchError
from search.query_language import Asked

_ELSEWHERE = 5
_LOOKED_AT = 40


@dataclass(frozen=True, slots=True)
class Spelling:
    """``suggestion`` is the question with its slips mended, ``url`` the search for it. Where ``instead``,
    ``found`` are its passages, since as it was written nothing was found; ``as_written`` is the way back."""

    found: Found
    suggestion: str = ""
    url: str = ""
    instead: bool = False
    as_written: str = ""

    @property
    def query_string(self) -> str:
        return self.url.partition("?")[2]


def spelled(
    params: QueryDict, form: SearchForm, found: Found, ask: Callable[[SearchForm], Found]
) -> Spelling:
    """``found`` with a better spelling, or what is found by that where ``found`` is empty. Raises what
    ``ask`` raises."""
    if form.page_number > 1 or form.document_id is not None:
        return Spelling(found)
    suggestion = better_spelling(form.query, found)
    if not suggestion:
        return Spelling(found)
    url = address(params, q=suggestion)
    if found.passages or "exact" in params:
        return Spelling(found, suggestion, _without_exact(params, suggestion))
    changed = params.copy()
    changed["q"] = suggestion
    again = ask(SearchForm(changed, slugs=form.slugs))
    if not again.passages:
        return Spelling(found)
    return Spelling(again, suggestion, url, instead=True, as_written=address(params, exact="1"))


def _without_exact(params: QueryDict, suggestion: str) -> str:
    kept = params.copy()
    kept.pop("exact", None)
    return address(kept, q=suggestion)


def elsewhere(
    params: QueryDict, asked: Asked, chosen: Sequence[Collection], readable: Sequence[Collection]
) -> list[Chip]:
    """The collections that were not searched and hold the words, the best first, each with its search."""
    others = [item for item in readable if item not in chosen]
    if not others:
        return []
    try:
        found = finding.find(asked, others, k=_LOOKED_AT, mode="lexical")
    except SearchError:
        return []
    names = dict.fromkeys((passage.collection_slug, passage.collection) for passage in found.passages)
    return [Chip(name, _in(params, slug)) for slug, name in list(names)[:_ELSEWHERE]]


def _in(params: QueryDict, slug: str) -> str:
    kept = params.copy()
    kept.pop("doc", None)
    return address(kept, c=slug)
