"""Websites as sources in the browser: the look before anything is saved, crawls, exports, and who may."""

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.utils import timezone

from accounts.models import User
from ingestion import services, site_looking
from ingestion.models import Collection, Crawl, CrawlPage, Source, WebDetails
from tests.chat.conftest import redis_url as redis_url
from tests.conftest import signed_in
from tests.ingestion.small_site import Answer, Site
from tests.ingestion.test_crawling import add, crawl
from tests.ingestion.test_crawling import site as site
from tests.ingestion.test_crawling import small as small

pytestmark = pytest.mark.django_db
LIST, NEW, LOOK = (f"/collections/handbook/sources/{part}" for part in ("", "web/", "web/look/"))
FIELDS = {
    "name": "",
    "reach": "host",
    "include": "",
    "exclude": "",
    "selector": "",
    "sitemaps": "on",
    "take_files": "on",
    "more_starts": "",
    "max_pages": "500",
    "max_depth": "5",
    "often": "1440",
    "crontab": "",
    "timezone": "",
}


@pytest.fixture(autouse=True)
def _fresh_looks() -> Iterator[None]:
    site_looking.forget()
    yield
    site_looking.forget()


def filled(address: str, **changes: str) -> dict[str, str]:
    return {**FIELDS, "address": address, **changes}


def words(page: str) -> str:
    """The text of a page without its tags, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def look(user: User, address: str, part: str = "site", **changes: str) -> str:
    answer = signed_in(user).post(
        LOOK, filled(address, **changes), headers={"HX-Request": "true", "HX-Target": part}
    )
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_look_shows_what_is_there_and_saves_nothing(
    small: Site, collection: Collection, owner: User
) -> None:
    rules = b"User-agent: *\nCrawl-delay: 3\nDisallow: /ferries/north\nSitemap: /map.xml\n"
    small.pages["/robots.txt"] = Answer(rules, kind="text/plain")
    small.sitemap("/map.xml", "/", "/hidden", "/lighthouse", "/picture.png")
    shown = look(owner, small.url("/lighthouse"))
    said = words(shown)
    assert '<h2 class="found-title" id="found-title">Lighthouse</h2>' in shown
    assert "keeps its own record of the weather" in shown
    assert "All rights reserved" not in shown
    assert "allows this page" in said
    assert "3 s as the site asks" in said
    assert "4 addresses, 3 of them in the source" in said
    assert "picture.png" in said
    assert "1 link on this page, 1 in the source" in said
    assert small.url("/robots.txt") in shown
    assert not Source.objects.exists()


def test_the_settings_are_tried_without_asking_again(
    small: Site, collection: Collection, owner: User
) -> None:
    small.page("/", "Harbour", "/lighthouse", "/ferries/", "/ferries/times.pdf")
    assert "4 links on this page, 4 of them" in words(look(owner, small.url()))
    small.forget()
    said = words(look(owner, small.url(), "site-preview", exclude="/ferries/*"))
    assert "4 links on this page, 2 of them" in said
    assert "An exclude pattern matches the address." in said
    assert "A file" not in said
    assert "4 links on this page, 3 of them" in words(look(owner, small.url(), "site-preview", take_files=""))
    assert "are not followed" in words(look(owner, small.url(), "site-preview", reach="page"))
    assert small.asked == []


def test_a_selector_is_applied_and_its_mistakes_are_told(
    small: Site, collection: Collection, owner: User
) -> None:
    text = 'Before <span id="part">The bell rings twice in fog.</span> and after it a lot of other words.'
    small.page("/fog", "Fog", text=text)
    chosen = look(owner, small.url("/fog"), selector="#part")
    assert "The bell rings twice in fog." in chosen
    assert "a lot of other words" not in chosen
    missed = look(owner, small.url("/fog"), selector=".nowhere")
    assert "matches no text on this page" in missed
    assert "a lot of other words" in missed
    wrong = look(owner, small.url("/fog"), "site-preview", selector="main >")
    (_before, at_its_field) = wrong.split('id="id_selector_error"')
    assert "cannot be read" in at_its_field.split("</div>")[0]


@pytest.mark.parametrize(
    ("path", "said"),
    [("/missing", "There is no page at this address."), ("/closed", "asks not to fetch this")],
)
def test_what_cannot_be_had_is_explained(
    small: Site, collection: Collection, owner: User, path: str, said: str
) -> None:
    small.pages["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /closed\n", kind="text/plain")
    small.page("/closed", "Closed")
    assert said in words(look(owner, small.url(path)))
    assert "/closed" not in small.paths()


def test_addresses_that_may_not_be_asked(small: Site, collection: Collection, owner: User) -> None:
    for address in ("http://169.254.169.254/", "ftp://a.example/", "http://127.0.0.1:1/", " "):
        shown = look(owner, address)
        assert (
            'id="id_address_error" aria-live="polite" hx-swap-oob="innerHTML"><div class="error">' in shown
        ), address
        assert 'name="reach"' in shown  # the settings stay
        assert "found-text" not in shown
        assert signed_in(owner).post(NEW, filled(address)).status_code == 422
    said = words(look(owner, f"http://nothing-here.invalid:{small.port}/"))
    assert "This page cannot be taken" in said
    assert "No computer of this name was found" in said
    assert not Source.objects.exists()


def test_a_redirect_leads_to_the_page_and_a_file_is_called_one(
    small: Site, collection: Collection, owner: User
) -> None:
    small.redirect("/old", "/lighthouse", 301)
    said = words(look(owner, small.url("/old")))
    assert f"redirected from {small.url('/old')}" in said
    assert "Lighthouse" in said
    small.redirect("/round", "/round")
    assert "leads in a circle" in words(look(owner, small.url("/round")))
    small.pages["/tables.pdf"] = Answer(b"%PDF-1.4", kind="application/pdf")
    assert "A file, not a page" in look(owner, small.url("/tables.pdf"))
    small.pages["/bytes"] = Answer(bytes(range(256)), kind="application/octet-stream")
    assert "neither a page nor a file with text" in look(owner, small.url("/bytes"))


def test_it_works_without_scripts(small: Site, collection: Collection, owner: User) -> None:
    client = signed_in(owner)
    assert 'name="address"' in client.get(NEW).content.decode()
    shown = client.post(LOOK, filled(small.url(), name="Mine")).content.decode()
    assert "<html" in shown
    assert "Harbour" in shown
    assert 'value="Mine"' in shown
    answer = client.post(NEW, filled(small.url(), name="Mine", reach="path", max_pages="20"))
    made = Source.objects.get()
    assert answer["Location"] == f"/sources/{made.pk}/"
    assert (made.name, made.kind, made.created_by) == ("Mine", "web", owner)
    assert (made.web.reach, made.web.max_pages, made.web.sitemaps) == ("path", 20, True)
    assert made.every is not None


def test_a_crontab_is_checked(small: Site, collection: Collection, owner: User) -> None:
    client = signed_in(owner)
    for text in ("", "61 * * * *", "every day"):
        answer = client.post(NEW, filled(small.url(), often="crontab", crontab=text))
        assert answer.status_code == 422, text
    bad_zone = filled(small.url(), often="crontab", crontab="30 3 * * *", timezone="Mars/Base")
    assert "There is no time zone" in client.post(NEW, bad_zone).content.decode()
    client.post(NEW, filled(small.url(), often="crontab", crontab="30 3 * * 1-5", timezone="Asia/Shanghai"))
    made = Source.objects.get()
    assert "30 3 * * 1-5 (Asia/Shanghai)" in client.get(made.get_absolute_url()).content.decode()


def test_only_managers_come_here(
    small: Site, collection: Collection, owner: User, teammate: User, stranger: User
) -> None:
    source = add(collection, small)
    done = crawl(source)
    base = f"/sources/{source.pk}/"
    export = f"{base}crawls/{done.pk}.csv"
    for address in (NEW, base, f"{base}edit/", f"{base}state/", export):
        assert signed_in(owner).get(address).status_code == 200, address
        assert signed_in(teammate).get(address).status_code == 403, address
        assert signed_in(stranger).get(address).status_code == 404, address
        assert signed_in(None).get(address)["Location"].startswith("/login/"), address
    for address in (LOOK, f"{base}look/", f"{base}stop/", f"{base}sync/"):
        assert signed_in(teammate).post(address, filled(small.url())).status_code == 403, address
    other = services.create_collection(owner=owner, name="Other", slug="other")
    elsewhere = add(other, small)
    assert signed_in(owner).get(f"/sources/{elsewhere.pk}/crawls/{done.pk}.csv").status_code == 404


def test_the_page_shows_every_address_with_its_outcome(
    small: Site, collection: Collection, owner: User
) -> None:
    small.page("/", "Harbour", "/lighthouse", "/ferries/", "/gone", "/old")
    small.redirect("/old", "/lighthouse")
    small.pages["/gone"] = Answer(b"broken", status=501)
    source = add(collection, small, name="Port")
    crawl(source)
    client = signed_in(owner)
    address = source.get_absolute_url()
    shown = client.get(address).content.decode()
    said = words(shown)
    assert "with problems" in said
    assert "Some pages could not be taken." in said
    assert "failed 1" in said
    assert "leads elsewhere" in said
    rows = re.findall(r'<td class="name"><a href="([^"]+)"', shown)
    assert rows[0] == small.url("/gone")
    assert set(rows) == {
        small.url(path) for path in ("/", "/lighthouse", "/ferries/", "/ferries/north", "/gone", "/old")
    }
    assert f"found on {small.url('/')}" in said
    assert f"→ {small.url('/lighthouse')}" in said
    filtered = client.get(f"{address}?outcome=new&text=ferries").content.decode()
    assert re.findall(r'<td class="name"><a href="([^"]+)"', filtered) == [
        small.url("/ferries/"),
        small.url("/ferries/north"),
    ]
    assert "No address matches" in client.get(f"{address}?text=zeppelin").content.decode()
    listed = words(client.get(LIST).content.decode())
    assert "Port" in listed
    assert "1 failed" in listed


def body(answer: Any) -> str:
    assert isinstance(answer, StreamingHttpResponse)
    return b"".join(answer).decode()


def test_exports_hold_the_filtered_pages(small: Site, collection: Collection, owner: User) -> None:
    small.page("/", "=SUM(1)", "/lighthouse", "/gone")
    source = add(collection, small)
    done = crawl(source)
    client, base = signed_in(owner), f"/sources/{source.pk}/crawls/{done.pk}"
    answer = client.get(f"{base}.csv")
    assert ".csv" in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(body(answer).removeprefix("\ufeff"))))
    assert {row["url"]: row["outcome"] for row in rows} == {
        small.url(): "new",
        small.url("/lighthouse"): "new",
        small.url("/gone"): "failed",
    }
    assert next(row for row in rows if row["outcome"] == "failed")["status"] == "404"
    found = json.loads(body(client.get(f"{base}.json?outcome=failed")))
    assert [(row["url"], row["found_on"]) for row in found] == [(small.url("/gone"), small.url())]
    assert json.loads(body(client.get(f"{base}.json?text=zeppelin"))) == []
    assert client.get(f"/sources/{source.pk}/crawls/999999.json").status_code == 404


def test_a_long_export_is_whole(small: Site, collection: Collection, owner: User) -> None:
    source = add(collection, small)
    done = Crawl.objects.create(source=source, state="complete")
    CrawlPage.objects.bulk_create(
        CrawlPage(crawl=done, url=small.url(f"/{number}"), outcome="new", done_at=timezone.now())
        for number in range(1001)
    )
    base = f"/sources/{source.pk}/crawls/{done.pk}"
    rows = json.loads(body(signed_in(owner).get(f"{base}.json")))
    assert sorted(row["url"] for row in rows) == sorted(small.url(f"/{number}") for number in range(1001))
    assert body(signed_in(owner).get(f"{base}.csv")).count("\r\n") == 1002


def test_a_crawl_is_watched_and_stopped(small: Site, collection: Collection, owner: User) -> None:
    source = add(collection, small)
    client, address = signed_in(owner), source.get_absolute_url()
    assert "about to be crawled" in client.get(address).content.decode()
    running = Crawl.objects.create(source=source)
    CrawlPage.objects.create(crawl=running, url=small.url(), outcome="new", done_at=timezone.now())
    CrawlPage.objects.create(crawl=running, url=small.url("/later"))
    shown = client.get(f"{address}state/").content.decode()
    assert "1 address visited · 1 known to come" in words(shown)
    assert f'hx-get="{address}state/"' in shown
    assert "HX-Refresh" not in client.get(f"{address}state/")
    client.post(f"{address}stop/", {"next": address})
    running.refresh_from_db()
    assert running.state == "stopped"
    assert client.get(f"{address}state/")["HX-Refresh"] == "true"


def test_settings_are_changed(small: Site, collection: Collection, owner: User) -> None:
    source = add(collection, small, minutes=45, selector="main")
    crawl(source)
    client, address = signed_in(owner), f"/sources/{source.pk}/edit/"
    shown = client.get(address).content.decode()
    assert '<option value="45" selected>every 45 minutes</option>' in shown
    assert 'value="main"' in shown
    tried = client.post(f"/sources/{source.pk}/look/", filled(small.url(), selector="h1", often="45"))
    assert 'value="h1"' in tried.content.decode()
    assert WebDetails.objects.get(source=source).selector == "main"
    answer = client.post(address, filled(small.url("/ferries/"), reach="path", often="0"))
    assert answer["Location"] == source.get_absolute_url()
    source = Source.objects.get()
    assert (source.web.start_urls, source.every) == ([small.url("/ferries/")], None)
    assert source.is_due


def test_pausing_and_deleting(small: Site, collection: Collection, owner: User) -> None:
    source = add(collection, small)
    crawl(source)
    client, address = signed_in(owner), source.get_absolute_url()
    client.post(f"{address}pause/", {"next": address})
    assert "paused" in client.get(address).content.decode()
    client.post(f"{address}resume/", {"next": address})
    client.post(f"{address}sync/", {"next": address})
    assert "about to be crawled" in client.get(address).content.decode()
    client.post(f"{address}delete/", {"with_documents": "on"})
    assert not Source.objects.exists()
    assert not collection.documents.exists()


def test_lists_ask_the_database_as_often_for_many_pages(
    small: Site, collection: Collection, owner: User, django_assert_max_num_queries: Any
) -> None:
    links = [f"/many/{number}" for number in range(30)]
    small.page("/", "Harbour", *links)
    for number, link in enumerate(links):
        small.page(link, f"Boat {number}", text=f"The boat number {number} lies at pier {number + 3} today.")
    source = add(collection, small)
    crawl(source)
    crawl(source)
    for number in range(6):
        add(collection, small, f"/many/{number}", name=f"S{number}")
    client = signed_in(owner)
    for address, most in ((source.get_absolute_url(), 18), (LIST, 10), ("/runs/", 12)):
        with django_assert_max_num_queries(most):
            assert client.get(address).status_code == 200


def test_the_runs_page_names_the_site(small: Site, collection: Collection, owner: User) -> None:
    source = add(collection, small, name="Port")
    crawl(source)
    shown = signed_in(owner).get("/runs/").content.decode()
    assert f'<a href="{source.get_absolute_url()}">Port</a>' in shown


def test_single_pages_are_added(small: Site, collection: Collection, owner: User, teammate: User) -> None:
    client = signed_in(owner)
    answer = client.post("/pages/add/", {"url": small.url("/lighthouse"), "collection": "handbook"})
    source = Source.objects.get()
    assert answer["Location"] == source.get_absolute_url()
    assert source.web.start_urls == [small.url("/lighthouse")]
    assert crawl(source).pages.count() == 1
    services.set_member(collection=collection, user=teammate, role="editor")
    answer = signed_in(teammate).post("/pages/add/", {"url": small.url("/hidden"), "collection": "handbook"})
    assert answer["Location"] == collection.get_absolute_url()
    assert len(Source.objects.get().web.start_urls) == 2
    services.set_member(collection=collection, user=teammate, role="viewer")
    refused = signed_in(teammate).post("/pages/add/", {"url": small.url(), "collection": "handbook"})
    assert refused.status_code == 403
    answer = client.post("/pages/add/", {"url": "http://10.0.0.1/", "collection": "handbook"}, follow=True)
    assert answer.context["form"].data["q"] == "http://10.0.0.1/"
    assert "10.0.0.1" in answer.content.decode()
