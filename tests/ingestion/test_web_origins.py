"""Pages of the web as documents: where from, which versions, found with their address, downloaded as text."""

import re
from datetime import date

import pytest

from accounts.models import User
from ingestion import services, web_offers, web_origins
from ingestion.models import Collection, Document
from tests.chat.conftest import redis_url as redis_url
from tests.conftest import signed_in
from tests.ingestion.material import ENGLISH, ready
from tests.ingestion.small_site import Site
from tests.ingestion.test_crawling import add, crawl
from tests.ingestion.test_crawling import site as site
from tests.ingestion.test_crawling import small as small
from tests.ingestion.test_reembedding import work

pytestmark = pytest.mark.django_db


def of(path: str) -> Document:
    return Document.objects.get(name__endswith=path)


def test_a_document_tells_where_it_came_from(small: Site, collection: Collection, owner: User) -> None:
    small.page("/lighthouse", "Lighthouse", head='<meta name="date" content="2024-05-17">')
    source = add(collection, small)
    crawl(source)
    work()
    found = web_origins.origin(of("/lighthouse"))
    assert found is not None
    assert (found.url, found.published_on, len(found.versions)) == (
        small.url("/lighthouse"),
        date(2024, 5, 17),
        1,
    )
    assert found.fetched_at is not None
    small.page("/lighthouse", "Lighthouse", text="The lamp was changed for an electric one in 1931.")
    crawl(source)
    work()
    document = of("/lighthouse")
    again = web_origins.origin(document)
    assert again is not None
    assert len(again.versions) == 2
    assert again.versions[0] > again.versions[1] == document.created_at
    html = signed_in(owner).get(document.get_absolute_url()).content.decode()
    assert html.count(f'href="{small.url("/lighthouse")}"') == 3
    assert "Web page" in html
    assert "this text since" in html
    assert "Show the original beside" not in html
    assert web_origins.origin(ready(collection, ENGLISH)) is None


def test_the_text_of_a_page_is_downloaded(small: Site, collection: Collection, owner: User) -> None:
    small.page("/lighthouse", 'Lamp: "on/off"')
    crawl(add(collection, small))
    work()
    answer = signed_in(owner).get(f"/documents/{of('/lighthouse').pk}/file")
    assert answer["Content-Disposition"] == 'attachment; filename="Lamp on off.md"'
    text = answer.content.decode()
    assert "keeps its own record of the weather" in text
    assert "youju_page" not in text


def test_a_hit_shows_the_live_address(small: Site, collection: Collection, owner: User) -> None:
    small.page("/", "Harbour", "/lighthouse", "/ferries/", text="Berths are let by the day from the office.")
    small.page("/lighthouse", "Lighthouse", text="The keeper writes the weather into a green notebook.")
    small.page("/ferries/", "Ferries", "north", text="Tickets for every island are sold on the quay.")
    small.page("/ferries/north", "Northern ferry", text="The Northern ferry keeps its fares in a notebook.")
    crawl(add(collection, small))
    ready(collection, ENGLISH)
    work()
    html = signed_in(owner).get("/?q=Northern+ferry+green+notebook").content.decode()
    assert re.search(rf'class="live-link" href="{small.url("/ferries/north")}"', html)
    assert html.count('class="live-link"') == 4


def test_addresses_in_the_search_box_are_offered(
    small: Site, collection: Collection, owner: User, teammate: User
) -> None:
    url = small.url("/lighthouse")
    client = signed_in(owner)
    html = client.get("/", {"q": url}).content.decode()
    assert "Add this page to “Handbook”" in html
    assert f'name="url" value="{url}"' in html
    part = client.get("/", {"q": url}, headers={"HX-Request": "true"}).content.decode()
    assert "csrfmiddlewaretoken" in part
    assert "page-offer" not in signed_in(teammate).get("/", {"q": url}).content.decode()
    assert "page-offer" not in signed_in(None).get("/", {"q": url}).content.decode()
    assert "is not allowed" in client.get("/", {"q": "http://127.0.0.1:9/x"}).content.decode()
    crawl(add(collection, small))
    html = client.get("/", {"q": url}).content.decode()
    assert "It is here already" in html
    assert "Add this page" not in html
    services.create_collection(owner=owner, name="Other", slug="other")
    assert "Add this page to “Other”" in client.get("/", {"q": url}).content.decode()
    services.create_collection(owner=owner, name="Third", slug="third")
    assert '<option value="third">' in client.get("/", {"q": url}).content.decode()


@pytest.mark.parametrize(
    ("query", "is_address"),
    [
        ("https://example.com", True),
        ("www.example.com", True),
        ("example.com/docs/", True),
        ("文档.example.com/手册", True),
        ("example.com", False),
        ("see https://example.com", False),
        ("What is 3.5/4?", False),
        ("3.5/4", False),
        ("and/or", False),
        ("node.js", False),
    ],
)
def test_what_looks_like_an_address(
    collection: Collection, owner: User, query: str, is_address: bool
) -> None:
    assert (web_offers.offer(owner, query) is not None) == is_address
