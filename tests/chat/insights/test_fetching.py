"""Pages of the web as texts: fetched as a crawl would, by a real fetcher from a real server."""

from collections.abc import Iterator

import pytest

from accounts.models import User
from chat.insights import services
from chat.insights.models import Insight, Material
from ingestion import site_looking
from ingestion.models import Collection, Document, SourceItem
from tests.chat.conftest import redis_url as redis_url
from tests.ingestion.crawl_material import add, crawl
from tests.ingestion.crawl_material import site as site
from tests.ingestion.crawl_material import small as small
from tests.ingestion.material import extract_all
from tests.ingestion.small_site import Answer, Site

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    site_looking.forget()
    yield
    site_looking.forget()


def of_page(owner: User, url: str) -> Insight:
    material = services.add_page(owner=owner, url=url)
    assert isinstance(material, Material)
    return services.start(
        owner=owner, kind="summary", parameters={"length": "short"}, material=material, wait=True
    )


def test_a_page_is_fetched_when_something_is_made_of_it(small: Site, owner: User) -> None:
    summary = of_page(owner, small.url("/lighthouse"))
    assert (summary.status, summary.error) == ("done", "")
    material = summary.material
    assert material is not None and material.fetched_at is not None
    assert (material.title, material.url) == ("Lighthouse", small.url("/lighthouse"))
    for citation in summary.citations:
        assert material.text[citation["start"] : citation["end"]] == citation["quote"]
    services.redo(insight=summary, wait=True)
    assert small.paths().count("/lighthouse") == 1, "what is there is not fetched again"


def test_what_a_site_forbids_or_lacks_is_told(small: Site, owner: User) -> None:
    small.pages["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /hidden\n", kind="text/plain")
    forbidden, missing = of_page(owner, small.url("/hidden")), of_page(owner, small.url("/nowhere"))
    assert [one.error_code for one in (forbidden, missing)] == ["page_unread", "page_unread"]
    assert "robots.txt" in forbidden.error
    assert "/hidden" not in small.paths()
    small.page("/nowhere", "Somewhere")
    assert services.redo(insight=missing, wait=True).status == "done"


def test_a_page_that_was_crawled_is_its_document(
    small: Site, collection: Collection, owner: User, stranger: User
) -> None:
    crawl(add(collection, small))
    extract_all()
    Document.objects.update(status=Document.Status.READY)
    item = SourceItem.objects.get(path=small.url("/lighthouse"))
    assert services.add_page(owner=owner, url=small.url("/lighthouse")) == item.document
    assert isinstance(services.add_page(owner=stranger, url=small.url("/lighthouse")), Material)
