"""What a web source would take with settings that are not saved: nothing is written."""

import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ingestion import reading, site_looking, web_access
from ingestion.crawl.addresses import canonical, display
from ingestion.crawl.errors import CrawlError
from ingestion.crawl.line import HTML
from ingestion.crawl.scope import LinkKind, Scope, link_kind, may_hold_text
from ingestion.crawl.web_page import WebPage
from ingestion.crawl_settling import NO_FILE
from ingestion.crawling import scope_of
from ingestion.extract.process import ExtractionProcess
from ingestion.extract.types import ExtractionError
from ingestion.models import WebDetails
from ingestion.reasons import shown
from ingestion.site_looking import Kept, Listed, Look, RobotsSaid
from ingestion.web_sources import WebSettings, checked_starts

SHOWN_CHARS = 3000
_EXAMPLES = 8
_WARM_S = 120.0


@dataclass(frozen=True, slots=True)
class Sorted:
    """How many addresses belong to the source, with examples; those that do not, with the reason."""

    total: int
    inside: int
    examples: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]

    @property
    def outside(self) -> int:
        return self.total - self.inside


@dataclass(frozen=True, slots=True)
class FoundMap:
    """A sitemap that there is, with the number of pages or of further maps that it names, or why it cannot be
    read."""

    url: str
    pages: int
    maps: int
    error: str


@dataclass(frozen=True, slots=True)
class SitePreview:
    """``problem`` says in lines why there is no page. ``html`` is the beginning of its text; ``chars`` counts
    all of it. ``kind`` is set where the address leads to a file. ``selector_problem`` concerns the selector
    alone. ``links`` and ``listed`` are ``None`` where nothing is followed."""

    asked: str
    url: str
    problem: tuple[str, ...] = ()
    is_disallowed: bool = False
    robots: RobotsSaid | None = None
    delay_s: float = 0.0
    title: str = ""
    language: str = ""
    date: str = ""
    html: SafeString | None = None
    chars: int = 0
    kind: str = ""
    size: int = 0
    selector_problem: str = ""
    noindex: bool = False
    own_address: str = ""
    links: Sorted | None = None
    maps: tuple[FoundMap, ...] = ()
    listed: Sorted | None = None
    is_cut: bool = False

    @property
    def is_redirected(self) -> bool:
        return self.url != self.asked

    @property
    def is_part(self) -> bool:
        return self.chars > SHOWN_CHARS


def preview(wanted: WebSettings, *, afresh: bool = False) -> SitePreview:
    """Looks at the first start address. Takes up to half a minute; never call it in a transaction.

    ``afresh`` asks the site also for what is known. Raises ``BadAddress``.
    """
    starts = checked_starts(wanted.starts)
    follows = wanted.reach != WebDetails.Reach.PAGE
    look = site_looking.look(starts[0], with_sitemaps=wanted.sitemaps and follows, afresh=afresh)
    if look.error is not None or look.answer is None:
        return _without_page(look)
    facts = _facts(look)
    kind = look.headers.media_type
    if kind not in HTML and not may_hold_text(kind, look.url):
        return SitePreview(**facts, problem=(_(NO_FILE), kind))
    if kind not in HTML:
        return SitePreview(**facts, kind=kind, size=len(look.answer.body))
    page, trouble = _read(look, wanted.selector.strip())
    if page is None:
        return SitePreview(**facts, problem=(trouble,))
    scope = _scope(wanted, starts, look)
    listed = look.listed if wanted.sitemaps and follows else None
    return SitePreview(
        **facts,
        title=page.title,
        language=page.language,
        date=page.date,
        html=reading.render(page.text, 0, _end(page.text)),
        chars=len(page.text),
        selector_problem=trouble,
        noindex=page.noindex,
        own_address=page.canonical if page.canonical not in {"", look.url} else "",
        links=_sorted(page.links, scope, wanted) if follows and wanted.max_depth else None,
        maps=_maps(listed),
        listed=_sorted(listed.addresses, scope, wanted) if listed and listed.addresses else None,
        is_cut=listed is not None and listed.is_cut,
    )


def _without_page(look: Look) -> SitePreview:
    lines = tuple(_(line) for line in str(look.error).splitlines() if line)
    code = look.error.code if look.error else ""
    robots = look.robots
    if code == "robots" and len(lines) > 1:
        lines = lines[1:]  # the site cannot be reached, which says more than that its robots.txt cannot
    return SitePreview(look.asked, look.url, lines, is_disallowed=code == "disallowed", robots=robots)


def _facts(look: Look) -> dict[str, Any]:
    own = settings.CRAWL_DELAY_MS / 1000
    asked = look.robots.delay_s if look.robots else 0.0
    return {"asked": look.asked, "url": look.url, "robots": look.robots, "delay_s": max(own, asked)}


def _scope(wanted: WebSettings, starts: list[str], look: Look) -> Scope:
    web = WebDetails(
        starts="\n".join(starts), reach=wanted.reach, include=wanted.include, exclude=wanted.exclude
    )
    return scope_of(web, [look.asked, look.url])


def _sorted(addresses: tuple[str, ...], scope: Scope, wanted: WebSettings) -> Sorted:
    inside: list[str] = []
    outside: list[tuple[str, str]] = []
    total = 0
    for given in addresses:
        url = canonical(given)
        if url is None:
            continue
        total += 1
        why_not = scope.why_not(url) or _no_file(url, wanted)
        if why_not:
            outside.append((url, why_not))
        else:
            inside.append(url)
    examples = tuple(display(url) for url in inside[:_EXAMPLES])
    left_out = tuple((display(url), shown(why)) for url, why in outside[:_EXAMPLES])
    return Sorted(total, len(inside), examples, left_out)


def _no_file(url: str, wanted: WebSettings) -> str:
    if wanted.files or link_kind(url) is not LinkKind.FILE:
        return ""
    return _("It is a file, and files are left out.")


def _maps(listed: Listed | None) -> tuple[FoundMap, ...]:
    """Those that exist; that a usual place holds none is no news."""
    if listed is None:
        return ()
    return tuple(
        FoundMap(report.url, report.pages, report.maps, shown(str(report.error)) if report.error else "")
        for report in listed.maps
        if report.error is None or getattr(report.error, "status", None) not in {404, 410}
    )


def _end(text: str) -> int:
    """Where the shown part ends: at a line's end where one is near."""
    if len(text) <= SHOWN_CHARS:
        return len(text)
    at = text.rfind("\n", SHOWN_CHARS // 2, SHOWN_CHARS)
    return at if at > 0 else SHOWN_CHARS


_pages: Kept[WebPage] = Kept()


def _read(look: Look, selector: str) -> tuple[WebPage | None, str]:
    """The page, and what is wrong with the selector; or no page, and why not."""
    try:
        page = _reader.read(look, selector)
    except ExtractionError as error:
        if error.code != "selector":
            return None, shown(str(error))
        return _read(look, "")[0], shown(str(error))
    except CrawlError as error:
        return None, shown(str(error))
    if page.selector_missed:
        return page, _("The selector matches no text on this page. Shown is what Youju takes by itself.")
    return page, ""


class _Reader:
    """One extraction child for all who look, ended when nobody has for some minutes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = ExtractionProcess()
        self._used_at = 0.0

    def read(self, look: Look, selector: str) -> WebPage:
        """Raises ``ExtractionError`` and ``CrawlError``."""
        assert look.answer is not None
        key = (look.url, hash(look.answer.body), selector)
        if (known := _pages.get(key)) is not None:
            return known
        with self._lock, tempfile.NamedTemporaryFile(suffix=".html") as file:
            file.write(look.answer.body)
            file.flush()
            page = web_access.read(
                self._process, Path(file.name), url=look.url, charset=look.headers.charset, selector=selector
            )
            self._used_at = time.monotonic()
        self._end_later()
        _pages.put(key, page)
        return page

    def _end_later(self) -> None:
        timer = threading.Timer(_WARM_S, self._end)
        timer.daemon = True
        timer.start()

    def _end(self) -> None:
        with self._lock:
            if time.monotonic() - self._used_at >= _WARM_S:
                self._process.close()


_reader = _Reader()
