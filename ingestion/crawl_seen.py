"""What is remembered of a page for the next crawl."""

from datetime import date

from django.utils import timezone

from ingestion.crawl.spool import Kept
from ingestion.models import CrawlPage, SourceItem


def see(item: SourceItem, page: CrawlPage, kept: Kept) -> None:
    """What the next crawl compares the page with."""
    item.depth, item.misses, item.fetched_at = page.depth, 0, timezone.now()
    item.size = kept.path.stat().st_size if kept.status != 304 else item.size
    item.etag = _header(kept, "etag", 300) or (item.etag if kept.status == 304 else "")
    item.last_modified = _header(kept, "last-modified", 60) or (
        item.last_modified if kept.status == 304 else ""
    )


def _header(kept: Kept, name: str, longest: int) -> str:
    value = kept.headers.get(name, "")
    return value if len(value) <= longest and value.isprintable() else ""


def day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
