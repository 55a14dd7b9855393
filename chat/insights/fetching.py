"""A page of the web fetched for its text, as a crawl would: politely, and nowhere that is not public."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from chat.insights.errors import BadText, PageUnread
from ingestion import site_looking, web_access
from ingestion.access import Person, collections_for
from ingestion.crawl.errors import CrawlError
from ingestion.crawl.line import HTML
from ingestion.errors import IngestionError
from ingestion.extract.process import ExtractionProcess
from ingestion.extract.types import ExtractionError
from ingestion.models import Document, SourceItem
from ingestion.reasons import shown
from ingestion.site_looking import Look
from ingestion.web_sources import checked_starts


@dataclass(frozen=True, slots=True)
class Page:
    """``url`` is where the address led to."""

    url: str
    title: str
    language: str
    text: str


def checked_address(url: str) -> str:
    """The address in its one spelling. Raises ``BadText`` for what may not or cannot be asked."""
    try:
        return checked_starts(url.strip())[0]
    except IngestionError as error:
        raise BadText(str(error)) from error


def known_document(person: Person, url: str) -> Document | None:
    """The document that the page at ``url`` is already, in a collection that ``person`` may read."""
    items = SourceItem.objects.filter(
        path=url,
        document__isnull=False,
        document__status=Document.Status.READY,
        source__collection__in=collections_for(person),
    )
    item = items.select_related("document__collection").first()
    return item.document if item else None


def fetched(url: str) -> Page:
    """Takes up to half a minute; never call it in a transaction. Raises ``PageUnread`` with the reason."""
    look = site_looking.look(url, with_sitemaps=False)
    if look.error is not None or look.answer is None:
        raise PageUnread(_words(look))
    kind = look.headers.media_type
    if kind not in HTML:
        raise PageUnread(
            _("The address leads to a file (%(kind)s), not to a page. Upload the file to a collection, or "
              "paste its text.") % {"kind": kind or "?"}
        )  # fmt: skip
    page = _read(look)
    if not page.text.strip():
        raise PageUnread(
            _("The page holds no text of its own. Open it, and paste what you want to work with.")
        )
    return page


def _read(look: Look) -> Page:
    assert look.answer is not None
    extractor = ExtractionProcess()
    try:
        with tempfile.NamedTemporaryFile(suffix=".html") as file:
            file.write(look.answer.body)
            file.flush()
            page = web_access.read(
                extractor, Path(file.name), url=look.url, charset=look.headers.charset, selector=""
            )
    except (ExtractionError, CrawlError) as error:
        raise PageUnread(shown(str(error))) from error
    finally:
        extractor.close()
    return Page(look.url, page.title, page.language, page.text)


def _words(look: Look) -> str:
    lines = [_(line) for line in str(look.error).splitlines() if line]
    if look.error is not None and look.error.code == "robots" and len(lines) > 1:
        lines = lines[1:]  # the site cannot be reached, which says more than that its robots.txt cannot
    return " ".join(lines) or _("The page cannot be fetched.")
