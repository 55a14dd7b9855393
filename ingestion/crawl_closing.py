"""What can be told only when every page of a crawl was visited."""

from ingestion.crawl.fetching import IN_A_CIRCLE
from ingestion.crawl_settling import FINE, SAME_PAGE, Pages
from ingestion.models import Crawl, CrawlPage

Outcome = CrawlPage.Outcome
_AT_ONCE = 500


def revive_alone(crawl: Crawl) -> int:
    """Pages that called an address their own which then gave no page are taken for themselves; returns how
    many wait again."""
    lost = crawl.pages.filter(outcome__in=[Outcome.FAILED, Outcome.BLOCKED, Outcome.DISALLOWED])
    aliases = crawl.pages.filter(reason=SAME_PAGE, leads_to__in=lost.values("url"))
    return aliases.update(outcome="", leads_to="", reason="", alone=True, done_at=None)


def name_circles(crawl: Crawl) -> int:
    """Addresses whose redirects never come to a page have failed; returns how many."""
    leads = dict(crawl.pages.exclude(leads_to="").values_list("url", "leads_to"))
    lost = [url for url in leads if _is_circle(url, leads)]
    for at in range(0, len(lost), _AT_ONCE):
        pages = crawl.pages.filter(url__in=lost[at : at + _AT_ONCE])
        pages.update(outcome=Outcome.FAILED, reason=IN_A_CIRCLE)
    return len(lost)


def _is_circle(url: str, leads: dict[str, str]) -> bool:
    seen = {url}
    while (url := leads.get(url, "")) and url not in seen:
        seen.add(url)
    return bool(url)


def drop_what_left(pages: Pages) -> None:
    """Documents of addresses that lead to others by now, and of those outside the source."""
    visited = pages.crawl.pages
    ends = visited.filter(outcome__in=FINE, leads_to="").values("url")
    moved = visited.filter(leads_to__in=ends).values("url")
    for item in pages.source.items.filter(path__in=moved, document__isnull=False):
        pages.drop(item)
    unseen = pages.source.items.exclude(path__in=visited.exclude(outcome="").values("url"))
    for item in unseen.filter(document__isnull=False):
        if not pages.frontier.scope.holds(item.path):
            pages.drop(item)
