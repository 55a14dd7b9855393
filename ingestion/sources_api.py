"""The API of sources: single pages, websites that are followed, their crawls, and every page's outcome."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from accounts.models import User
from accounts.roles import Action
from ingestion import access, crawl_selectors, source_selectors, sources, web_sources
from ingestion.errors import IngestionError
from ingestion.models import Collection, Crawl, CrawlPage, Source, SourceItem
from ingestion.reasons import shown
from ingestion.web_sources import DEEPEST, MOST_PAGES, WebSettings

router = Router(tags=["sources"])
_PAGE = 100
_LINES = ("starts", "include", "exclude")
Reach = Literal["path", "host", "domain", "page"]
State = Literal["paused", "waiting", "running", "idle"]
Outcome = Literal["new", "changed", "unchanged", "gone", "disallowed", "blocked", "failed"]


class PageIn(Schema):
    url: str = Field(description="Of one page; without a scheme it is an https one.")


class PageAdded(Schema):
    source_id: UUID
    url: str = Field(description="The address as the site spells it.")
    document_id: UUID | None = Field(description="Where the page is a document already.")
    crawls: str = Field(description="Where to look: the crawls of the source, the newest first.")


class WebSourceChanges(Schema):
    """What a website as a source is made of. What is left out stays as it is, or as it usually is."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=120, description="Empty means the address.")
    starts: list[str] = Field([], description="Addresses to begin with.")
    include: list[str] = Field([], description="Patterns of addresses, such as /docs/*; none means all.")
    exclude: list[str] = Field([], description="Patterns of addresses that are left out.")
    reach: Reach = Field("host", description="How far from the start addresses.")
    max_pages: int = Field(500, ge=1, le=MOST_PAGES)
    max_depth: int = Field(5, ge=0, le=DEEPEST, description="Links away from a start address.")
    selector: str = Field("", max_length=300, description="CSS selector of the part of a page that counts.")
    sitemaps: bool = Field(True, description="Also take the addresses that the site's sitemaps name.")
    files: bool = Field(True, description="Also take PDF, Word and other files that pages link to.")
    minutes: int = Field(1440, ge=0, le=527_040, description="Crawled this often; 0 is only when asked.")
    crontab: str = Field("", max_length=100, description="Five fields; minutes are 0 then.")
    timezone: str = Field("", max_length=60, description="Of the crontab; the site's where it is empty.")


class NewWebSource(WebSourceChanges):
    starts: list[str] = Field(min_length=1, max_length=1000, description="Addresses to begin with.")


class CrawlOut(Schema):
    id: int
    state: Literal["running", "complete", "cut", "stopped", "failed"]
    error: str | None
    began_at: datetime
    ended_at: datetime | None
    waiting: int = Field(description="Addresses that are known and were not visited yet.")
    outcomes: dict[str, int] = Field(description="How many pages had each outcome.")
    pages: str = Field(description="Where the pages are listed.")


class SourceOut(Schema):
    id: UUID
    kind: Literal["web", "folder"]
    name: str
    collection: str
    state: State
    next_at: datetime | None
    last_at: datetime | None
    last_outcome: Literal["ok", "problems", "failed"] | None
    last_error: str | None
    settings: WebSourceChanges | None = Field(description="Of websites.")
    crawl: CrawlOut | None = Field(description="The one under way, or the last.")


class SourcesOut(Schema):
    count: int
    results: list[SourceOut]


class CrawlsOut(Schema):
    count: int
    results: list[CrawlOut]


class PageOut(Schema):
    """``note`` and ``leads_to`` are there only where there is something to say."""

    url: str
    status: int | None = Field(description="HTTP's, where there was an answer.")
    outcome: Outcome
    document_id: UUID | None = Field(description="Of an address that leads to another one: that one's.")
    error: str | None
    note: str | None = None
    leads_to: str | None = None


class PagesOut(Schema):
    count: int
    results: list[PageOut]


@router.post("/collections/{slug}/pages", response={202: PageAdded}, summary="Add a single page of the web")
def add_page(request: HttpRequest, slug: str, payload: PageIn) -> tuple[int, dict[str, Any]]:
    """It is fetched in the background, becomes a document, and is looked at every day from then on."""
    collection = access.get_collection(request.user, slug, Action.EDIT)
    source = web_sources.add_page(collection=collection, by=_person(request), url=payload.url)
    url = web_sources.checked_starts(payload.url)[0]
    known = SourceItem.objects.filter(source=source, path=url).values_list("document_id", flat=True).first()
    crawls = reverse("api-1:list_crawls", args=[source.pk])
    return 202, {"source_id": source.pk, "url": url, "document_id": known, "crawls": crawls}


@router.get("/collections/{slug}/sources", response=SourcesOut, summary="The sources of a collection")
def list_sources(request: HttpRequest, slug: str) -> dict[str, Any]:
    collection = access.get_collection(request.user, slug, Action.EDIT)
    found = [source_out(source) for source in source_selectors.sources_of(collection)]
    return {"count": len(found), "results": found}


@router.post("/collections/{slug}/sources", response={201: SourceOut}, summary="Follow a website")
def add_source(request: HttpRequest, slug: str, payload: NewWebSource) -> tuple[int, dict[str, Any]]:
    """It is crawled at once, and then on its schedule."""
    collection: Collection = access.get_collection(request.user, slug, Action.MANAGE)
    wanted = WebSettings(**_fields(payload.dict()))
    made = web_sources.add_web_source(collection=collection, by=_person(request), wanted=wanted)
    return 201, source_out(made)


@router.get("/sources/{source_id}", response=SourceOut, summary="A source")
def get_source(request: HttpRequest, source_id: UUID) -> dict[str, Any]:
    return source_out(source_selectors.get_source(request.user, source_id, Action.EDIT))


@router.patch("/sources/{source_id}", response=SourceOut, summary="Change a website's settings")
def change_source(request: HttpRequest, source_id: UUID, payload: WebSourceChanges) -> dict[str, Any]:
    """A crawl that runs is ended; another one with the new settings begins."""
    source = source_selectors.get_source(request.user, source_id)
    if source.kind != Source.Kind.WEB:
        raise IngestionError(_("Only websites are changed here; folders are changed on their page."))
    changes = payload.dict(exclude_unset=True)
    if "minutes" in changes:
        changes.setdefault("crontab", "")
    wanted = WebSettings(**_fields(_settings(source) | changes))
    web_sources.change_web_source(source=source, wanted=wanted)
    return source_out(source_selectors.get_source(request.user, source_id))


@router.delete("/sources/{source_id}", response={204: None}, summary="Follow a source no longer")
def delete_source(request: HttpRequest, source_id: UUID, documents: bool = False) -> HttpResponse:
    """``documents=true`` also deletes what came from it alone."""
    source = source_selectors.get_source(request.user, source_id)
    sources.delete_source(source=source, with_documents=documents)
    return HttpResponse(status=204)


@router.post("/sources/{source_id}/crawl", response={202: SourceOut}, summary="Look at a source now")
def crawl_source(request: HttpRequest, source_id: UUID) -> tuple[int, dict[str, Any]]:
    source = source_selectors.get_source(request.user, source_id)
    if source.paused:
        raise IngestionError(_("The source is paused. Resume it first."), code="paused")
    sources.sync_now(source=source)
    return 202, source_out(source)


@router.post("/sources/{source_id}/pause", response=SourceOut, summary="Pause a source")
def pause_source(request: HttpRequest, source_id: UUID) -> dict[str, Any]:
    """A crawl that runs stops, and goes on where it was when the source is resumed."""
    source = source_selectors.get_source(request.user, source_id)
    sources.set_paused(source=source, paused=True)
    return source_out(source)


@router.post("/sources/{source_id}/resume", response=SourceOut, summary="Resume a paused source")
def resume_source(request: HttpRequest, source_id: UUID) -> dict[str, Any]:
    source = source_selectors.get_source(request.user, source_id)
    sources.set_paused(source=source, paused=False)
    return source_out(source)


@router.post("/sources/{source_id}/stop", response=SourceOut, summary="End the crawl that runs")
def stop_source(request: HttpRequest, source_id: UUID) -> dict[str, Any]:
    """What it brought stays; the source keeps its schedule."""
    source = source_selectors.get_source(request.user, source_id)
    web_sources.stop_crawl(source=source)
    return source_out(source)


@router.get("/sources/{source_id}/crawls", response=CrawlsOut, summary="The last crawls, newest first")
def list_crawls(request: HttpRequest, source_id: UUID) -> dict[str, Any]:
    source = source_selectors.get_source(request.user, source_id, Action.EDIT)
    found = [crawl_out(crawl) for crawl in crawl_selectors.crawls_of(source)]
    return {"count": len(found), "results": found}


@router.get(
    "/crawls/{crawl_id}/pages",
    response=PagesOut,
    exclude_unset=True,
    summary="Every address of a crawl with its outcome",
)
def list_pages(request: HttpRequest, crawl_id: int, outcome: str = "", page: int = 1) -> dict[str, Any]:
    """In the order in which they were visited, 100 at a time."""
    crawl = crawl_selectors.get_crawl(request.user, crawl_id)
    if outcome and outcome not in CrawlPage.Outcome.values:
        known = ", ".join(CrawlPage.Outcome.values)
        text = _("There is no outcome “%(outcome)s”. Use one of: %(known)s.")
        raise IngestionError(text % {"outcome": outcome[:50], "known": known})
    pages = Paginator(crawl_selectors.pages_of(crawl, outcome=outcome), _PAGE)
    found = pages.page(page).object_list if 1 <= page <= pages.num_pages else []
    return {"count": pages.count, "results": crawl_selectors.as_json(crawl, list(found))}


def crawl_out(crawl: Crawl) -> dict[str, Any]:
    counts = crawl_selectors.outcome_counts(crawl)
    return {
        "id": crawl.pk,
        "state": crawl.state,
        "error": shown(crawl.error) or None,
        "began_at": crawl.began_at,
        "ended_at": crawl.ended_at,
        "waiting": counts.pop(""),
        "outcomes": counts,
        "pages": reverse("api-1:list_pages", args=[crawl.pk]),
    }


def source_out(source: Source) -> dict[str, Any]:
    is_web = source.kind == Source.Kind.WEB
    last = crawl_selectors.crawls_of(source).first() if is_web else None
    return {
        "id": source.pk,
        "kind": source.kind,
        "name": source.name,
        "collection": source.collection.slug,
        "state": _state(source),
        "next_at": source.next_at,
        "last_at": source.last_at,
        "last_outcome": source.last_outcome or None,
        "last_error": shown(source.last_error) or None,
        "settings": _settings(source) if is_web else None,
        "crawl": crawl_out(last) if last is not None else None,
    }


def _state(source: Source) -> State:
    if source.paused:
        return "paused"
    if source.is_running:
        return "running"
    return "waiting" if source.is_due else "idle"


def _settings(source: Source) -> dict[str, Any]:
    """In the form of the API: lists where people write lines."""
    now = web_sources.settings_of(source)
    fields = {name: getattr(now, name) for name in WebSourceChanges.model_fields}
    return fields | {name: [line for line in fields[name].splitlines() if line] for name in _LINES}


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    return given | {name: "\n".join(given[name]) for name in _LINES}


def _person(request: HttpRequest) -> User | None:
    return request.user if request.user.is_authenticated else None
