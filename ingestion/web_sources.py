"""Websites as sources of a collection: adding and changing them, single pages, and stopping a crawl."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from ingestion import schedules, wake
from ingestion.crawl import guarding
from ingestion.crawl.addresses import canonical
from ingestion.crawl.css import is_selector
from ingestion.crawl.errors import Blocked
from ingestion.crawl.guarding import AddressRules
from ingestion.crawl_frontier import LONGEST
from ingestion.errors import IngestionError
from ingestion.extract.messages import SELECTOR
from ingestion.models import Collection, Crawl, Source, WebDetails
from ingestion.reasons import shown

MOST_PAGES = 100_000
DEEPEST = 100
_NAME = 120


class BadAddress(IngestionError):
    """An address that cannot be crawled."""

    code = "bad_address"


class BadSelector(IngestionError):
    """A CSS selector that cannot be read."""

    code = "bad_selector"


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What a web source is made of; texts hold one address or pattern a line. ``minutes`` and ``crontab`` are
    its schedule (``ingestion.schedules``); beside a crontab there is no interval."""

    starts: str
    name: str = ""
    include: str = ""
    exclude: str = ""
    reach: str = WebDetails.Reach.HOST
    max_pages: int = 500
    max_depth: int = 5
    selector: str = ""
    sitemaps: bool = True
    files: bool = True
    minutes: int = schedules.Often.DAY
    crontab: str = ""
    timezone: str = ""


def settings_of(source: Source) -> WebSettings:
    """What it is made of now."""
    web = source.web
    return WebSettings(
        starts=web.starts,
        name=source.name,
        include=web.include,
        exclude=web.exclude,
        reach=web.reach,
        max_pages=web.max_pages,
        max_depth=web.max_depth,
        selector=web.selector,
        sitemaps=web.sitemaps,
        files=web.files,
        minutes=schedules.minutes_of(source),
        crontab=schedules.crontab_text(source),
        timezone=str(source.crontab.timezone) if source.crontab else "",
    )


def add_web_source(*, collection: Collection, by: User | None, wanted: WebSettings) -> Source:
    """Makes the source and has it crawled now. Raises ``BadAddress``, ``BadSelector`` and ``BadSchedule``."""
    starts = checked_starts(wanted.starts)
    with transaction.atomic():
        source = Source.objects.create(
            collection=collection,
            kind=Source.Kind.WEB,
            name=(wanted.name or default_name(starts))[:_NAME],
            next_at=timezone.now(),
            created_by=by,
            **_schedule(wanted),
        )
        WebDetails.objects.create(source=source, **_details(wanted, starts))
        transaction.on_commit(wake.crawler)
    return source


def change_web_source(*, source: Source, wanted: WebSettings) -> None:
    """Saves the settings. Where other pages or another text belong to the source now, a crawl that runs is
    stopped and the site is crawled anew. Raises ``BadAddress``, ``BadSelector`` and ``BadSchedule``."""
    starts = checked_starts(wanted.starts)
    details, schedule = _details(wanted, starts), _schedule(wanted)
    with transaction.atomic():
        same = WebDetails.objects.filter(source=source, **details).exists()
        Source.objects.filter(pk=source.pk).update(
            name=(wanted.name or default_name(starts))[:_NAME], **schedule
        )
        if same:
            schedules.reset(Source.objects.filter(pk=source.pk))
        else:
            WebDetails.objects.filter(source=source).update(**details)
            _end_crawl(source, next_at=timezone.now())
            transaction.on_commit(wake.crawler)
    source.refresh_from_db()


def add_page(*, collection: Collection, by: User | None, url: str) -> Source:
    """A single page of the web becomes a document of the collection, and is looked at every day from then on:
    the source of single pages of the collection gets one address more. A crawl that runs goes on, and another
    one follows. Raises ``BadAddress``."""
    (start,) = checked_starts(url)[:1]
    with transaction.atomic():
        single = collection.sources.filter(kind=Source.Kind.WEB, web__reach=WebDetails.Reach.PAGE)
        source = single.select_for_update().order_by("created_at").first()
        if source is None:
            wanted = WebSettings(
                starts=start, name=_("Single pages"), reach=WebDetails.Reach.PAGE, sitemaps=False, max_depth=0
            )
            return add_web_source(collection=collection, by=by, wanted=wanted)
        web = source.web
        if start not in web.start_urls:
            web.starts = "\n".join([*web.start_urls, start])
            web.max_pages = max(web.max_pages, len(web.start_urls) + 10)
            web.save(update_fields=["starts", "max_pages"])
        Source.objects.filter(pk=source.pk).update(next_at=timezone.now(), paused=False)
        transaction.on_commit(wake.crawler)
    source.refresh_from_db()
    return source


@transaction.atomic
def stop_crawl(*, source: Source) -> None:
    """Ends the crawl that runs; what it brought stays. The source keeps its schedule."""
    _end_crawl(source, next_at=schedules.next_time(source))
    source.refresh_from_db()


def _end_crawl(source: Source, *, next_at: datetime | None) -> None:
    """Its worker notices by the claim that is gone."""
    for crawl in source.crawls.filter(state=Crawl.State.RUNNING):
        crawl.end(Crawl.State.STOPPED)
    Source.objects.filter(pk=source.pk).update(claim=None, lease_until=None, attempts=0, next_at=next_at)


def checked_starts(text: str) -> list[str]:
    """The addresses, one a line, in their canonical form. One without a scheme is an https one. Raises
    ``BadAddress`` where there is none, or for what may not be asked."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise BadAddress(_("Give the address of a page, for example https://example.com/docs/."))
    return list(dict.fromkeys(_checked(line) for line in lines))


def _checked(line: str) -> str:
    given = line if "://" in line else f"https://{line}"
    url = canonical(given)
    if url is not None and len(url) > LONGEST:
        raise BadAddress(
            _("“%(url)s…” is too long for an address: it may have %(most)d characters.")
            % {"url": line[:60], "most": LONGEST}
        )
    try:
        rules = AddressRules(settings.CRAWL_ALLOWED_PORTS, settings.CRAWL_ALLOWED_NETWORKS)
        guarding.read_address(url or given, rules)
    except Blocked as error:
        raise BadAddress(f"{line[:200]}: {shown(str(error))}", code="blocked" if url else "") from error
    if url is None or not _may_be_a_site(url, is_whole="://" in line):
        raise BadAddress(
            _("“%(url)s” is not the address of a web page: give it whole, for example "
              "https://example.com/docs/.") % {"url": line[:200]}
        )  # fmt: skip
    return url


def _may_be_a_site(url: str, *, is_whole: bool) -> bool:
    """A host of one word is none of the public web, and a slip of the pen unless its network may be asked."""
    host = urlsplit(url).hostname or ""
    return "." in host or ":" in host or (is_whole and bool(settings.CRAWL_ALLOWED_NETWORKS))


def default_name(starts: list[str]) -> str:
    parts = urlsplit(starts[0])
    return (parts.netloc.removeprefix("www.") + parts.path.rstrip("/"))[:_NAME]


def _schedule(wanted: WebSettings) -> dict[str, object]:
    return {
        "every": None if wanted.crontab.strip() else schedules.every(wanted.minutes),
        "crontab": schedules.crontab(wanted.crontab, wanted.timezone),
    }


def _details(wanted: WebSettings, starts: list[str]) -> dict[str, object]:
    selector = wanted.selector.strip()
    if selector and not is_selector(selector):
        raise BadSelector(_(SELECTOR))
    return {
        "starts": "\n".join(starts),
        "include": wanted.include.strip(),
        "exclude": wanted.exclude.strip(),
        "reach": wanted.reach,
        "max_pages": max(1, min(wanted.max_pages, MOST_PAGES)),
        "max_depth": wanted.max_depth,
        "selector": selector,
        "sitemaps": wanted.sitemaps,
        "files": wanted.files,
    }
