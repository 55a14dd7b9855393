"""A website as a source: how its crawls went, every page of them, and the one under way."""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from ingestion import crawl_progress, crawl_selectors, source_selectors
from ingestion.models import Crawl, CrawlPage, Source
from ingestion.source_forms import DeleteSourceForm, OutcomeFilterForm

_ROWS = 100
_AT_ONCE = 200
_COLUMNS = (
    *("url", "outcome", "status", "reason", "leads_to", "found_on", "depth", "seconds"),
    *("visited_at", "document_id", "title"),
)
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def page(request: HttpRequest, source: Source) -> HttpResponse:
    """``?crawl=`` chooses one of the last crawls; its pages are filtered by ``outcome`` and ``text``."""
    crawl = crawl_progress.chosen(source, request.GET.get("crawl", ""))
    filters = OutcomeFilterForm(request.GET, CrawlPage.Outcome).value()
    query = request.GET.copy()
    if crawl:
        query["crawl"] = str(crawl.pk)
    counts = crawl_selectors.outcome_counts(crawl) if crawl else {}
    rows = crawl_progress.rows_of(crawl, **filters) if crawl else CrawlPage.objects.none()
    context = {
        "collection": source.collection,
        "source": source,
        "web": source.web,
        "live": crawl_progress.live(source),
        "history": crawl_progress.history(source),
        "crawl": crawl,
        "page": Paginator(rows, _ROWS).get_page(request.GET.get("page", "1")),
        "filters": filters,
        "query": query,
        "count_rows": [(value, label, counts.get(value, 0)) for value, label in CrawlPage.Outcome.choices],
        "page_total": sum(count for value, count in counts.items() if value),
        "delete_form": DeleteSourceForm(),
        "may_edit": True,
        "may_manage": True,
    }
    return render(request, "ingestion/web_source.html", context)


def state(request: HttpRequest, source: Source) -> HttpResponse:
    """The head of a source that is being crawled; when that is done the page is loaded again."""
    context = {"source": source, "live": crawl_progress.live(source)}
    response = render(request, "ingestion/_web_live.html", context)
    if not source.is_due:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_GET
def export(request: HttpRequest, source_id: UUID, crawl_id: int, kind: str) -> StreamingHttpResponse:
    """The pages of a crawl as a file, with the filter of the page."""
    source = source_selectors.get_source(request.user, source_id)
    crawl = source.crawls.filter(pk=crawl_id).first()
    if crawl is None:
        raise Http404(_("There is no such crawl any more. The last ten are kept."))
    filters = OutcomeFilterForm(request.GET, CrawlPage.Outcome).value()
    rows = crawl_progress.exported(crawl_progress.rows_of(crawl, **filters))
    made, content_type = _KINDS[kind]
    response = StreamingHttpResponse(_pieces(made(rows)), content_type=content_type)
    response["Content-Disposition"] = str(content_disposition_header(True, _file_name(source, crawl, kind)))
    response["Cache-Control"] = "private, no-cache"
    return response


def _file_name(source: Source, crawl: Crawl, kind: str) -> str:
    name = "".join(letter if letter.isalnum() or letter in "-_. " else "-" for letter in source.name).strip()
    return f"{name or 'crawl'} {crawl.began_at:%Y-%m-%d %H.%M}.{kind}"


def _csv(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    """With the mark at the beginning by which spreadsheets know UTF-8."""
    yield "\ufeff" + _csv_line(_COLUMNS)
    for row in rows:
        yield _csv_line([_cell(row[name]) for name in _COLUMNS])


def _csv_line(cells: "tuple[str, ...] | list[str]") -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _json(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    """An array, one page a line."""
    before = "[\n"
    for row in rows:
        yield before + json.dumps(row, ensure_ascii=False)
        before = ",\n"
    yield "\n]\n" if before == ",\n" else "[]\n"


_Made = Callable[[Iterator[dict[str, Any]]], Iterator[str]]
_KINDS: dict[str, tuple[_Made, str]] = {
    "csv": (_csv, "text/csv; charset=utf-8"),
    "json": (_json, "application/json; charset=utf-8"),
}


async def _pieces(lines: Iterator[str]) -> AsyncIterator[str]:
    """Lines some hundred at a time, read from the database where that may be done."""

    def some() -> str:
        return "".join(islice(lines, _AT_ONCE))

    while piece := await sync_to_async(some)():
        yield piece
