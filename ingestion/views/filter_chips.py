"""The filters of a search as chips, each with the address of the same search without it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.http import QueryDict
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ingestion.document_types import NAMES
from ingestion.models import Collection, Document
from ingestion.search_form import SearchForm
from search.asked_dates import day_named
from search.file_types import type_named
from search.query_language import QUOTES, Asked


@dataclass(frozen=True, slots=True)
class Chip:
    """``url`` is the search without this filter."""

    label: str
    url: str


def chips(
    form: SearchForm,
    asked: Asked,
    params: QueryDict,
    today: date,
    *,
    chosen: Sequence[Collection] = (),
    document: Document | None = None,
) -> list[Chip]:
    """What narrows this search, in the order of the page: where, then what was written, then what was set."""
    found: list[Chip] = []
    if document is not None:
        found.append(Chip(_("Only in “%(title)s”") % {"title": document.shown_title}, without(params, "doc")))
    found += [Chip(item.name, without(params, "c", item.slug)) for item in chosen]
    for key, value, start, end in asked.written:
        shorter = " ".join(f"{form.query[:start]} {form.query[end:]}".split())
        found.append(Chip(_label(key, value, today), address(params, q=shorter)))
    found += [Chip(_label(key, value, today), without(params, key, value)) for key, value in form.controls]
    return found


def address(params: QueryDict, **changed: str) -> str:
    """The search with these parameters set, from its first page on."""
    kept = _kept(params)
    for key, value in changed.items():
        kept[key] = value
    return f"{reverse('search')}?{kept.urlencode()}"


def without(params: QueryDict, key: str, value: str = "") -> str:
    """The search without this parameter, or without one of its values."""
    kept = _kept(params)
    left = [item for item in kept.getlist(key) if value and " ".join(item.split()) != value]
    kept.setlist(key, left)
    return f"{reverse('search')}?{kept.urlencode()}"


def without_quotes(params: QueryDict, query: str, asked: Asked) -> str:
    """The same search with the words of its phrases in any order; exclusions keep theirs."""
    kept = [
        " " if sign in QUOTES and not any(start <= at < end for start, end in asked.apart) else sign
        for at, sign in enumerate(query)
    ]
    return address(params, q=" ".join("".join(kept).split()))


def without_exclusions(params: QueryDict, query: str, asked: Asked) -> str:
    """The same search without ``-words``; filters stay."""
    filters = {(start, end) for _key, _value, start, end in asked.written}
    for start, end in sorted(set(asked.apart) - filters, reverse=True):
        query = f"{query[:start]} {query[end:]}"
    return address(params, q=" ".join(query.split()))


def without_filters(params: QueryDict, asked: Asked) -> str:
    """The search for the words alone, in the same collections."""
    kept = QueryDict(mutable=True)
    kept["q"] = asked.text
    kept.setlist("c", params.getlist("c"))
    return f"{reverse('search')}?{kept.urlencode()}"


def _kept(params: QueryDict) -> QueryDict:
    """The parameters that say something, without the page."""
    kept = QueryDict(mutable=True)
    for key, values in params.lists():
        said = [value for value in values if value.strip()]
        if said and key != "page":
            kept.setlist(key, said)
    return kept


def _label(key: str, value: str, today: date) -> str:
    if key.startswith("-"):
        return _("Not: %(filter)s") % {"filter": _label(key[1:], value, today)}
    if key == "type":
        return _listed(str(NAMES[known]) if (known := type_named(name)) else name for name in _parts(value))
    if key == "tag":
        return _listed(f"# {name}" for name in _parts(value))
    if key == "site":
        return _("Site: %(name)s") % {"name": value}
    day = day_named(value, today)
    shown = date_format(day, "DATE_FORMAT") if day else value
    return (_("From %(day)s") if key == "after" else _("Before %(day)s")) % {"day": shown}


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.replace("，", ",").split(",") if part.strip()]


def _listed(names: Iterable[str]) -> str:
    return _(", ").join(names)
