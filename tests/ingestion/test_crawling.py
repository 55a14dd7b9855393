"""A collection follows a real site that the test serves, and loses nothing when that cannot be had."""

from dataclasses import replace

import pytest
from django.conf import settings
from django.test import override_settings

from ingestion import syncing, web_access, web_sources
from ingestion.crawl.politeness import host_key
from ingestion.models import Collection, Crawl, Document, Source
from tests.chat.conftest import redis_url as redis_url
from tests.ingestion.crawl_material import add, crawl, names, outcomes
from tests.ingestion.crawl_material import site as site
from tests.ingestion.crawl_material import small as small
from tests.ingestion.small_site import Answer, Site, html
from tests.ingestion.test_reembedding import work
from tests.ingestion.test_syncing import searchable

pytestmark = pytest.mark.django_db


def test_pages_become_documents_that_are_found(small: Site, collection: Collection) -> None:
    source = add(collection, small)
    done = crawl(source)
    assert (done.state, source.last_outcome) == (Crawl.State.COMPLETE, "ok")
    assert outcomes(done, small) == dict.fromkeys(["/", "/lighthouse", "/ferries/", "/ferries/north"], "new")
    work()
    page = Document.objects.get(name__endswith="/ferries/north")
    assert (page.status, page.title, page.language) == ("ready", "Northern ferry", "en")
    assert "All rights reserved" not in page.content.text
    assert searchable(collection, "Northern ferry green notebook") >= {page.name}


def test_what_did_not_change_is_not_read_again(small: Site, collection: Collection) -> None:
    source = add(collection, small)
    crawl(source)
    work()
    ready = dict(Document.objects.values_list("pk", "finished_at"))
    small.page("/lighthouse", "Lighthouse", "/", text="The lamp was changed for an electric one in 1931.")
    small.forget()
    done = crawl(source)
    work()
    assert outcomes(done, small) == {
        "/": "unchanged",
        "/lighthouse": "changed",
        "/ferries/": "unchanged",
        "/ferries/north": "unchanged",
    }
    assert sorted(one.status for one in small.asked if not one.path.startswith(("/robots", "/sitemap"))) == [
        200,
        304,
        304,
        304,
    ]
    again = dict(Document.objects.values_list("pk", "finished_at"))
    assert {pk for pk in again if again[pk] != ready[pk]} == {
        Document.objects.get(name__endswith="/lighthouse").pk
    }
    assert "electric" in Document.objects.get(name__endswith="/lighthouse").content.text


def test_the_text_decides_where_the_server_knows_no_validators(small: Site, collection: Collection) -> None:
    small.pages["/"] = Answer(html("Harbour", "/lighthouse").encode(), validators=False)
    source = add(collection, small)
    crawl(source)
    small.pages["/"] = Answer(
        html("Harbour", "/lighthouse", head="<meta name='build' content='2'>").encode(), validators=False
    )
    assert outcomes(crawl(source), small)["/"] == "unchanged"


def test_what_unchanged_pages_link_is_asked_for_each_time(small: Site, collection: Collection) -> None:
    small.page("/", "Harbour", "/lighthouse", "/old", "/private")
    small.redirect("/old", "/lighthouse")
    small.pages["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /private\n", kind="text/plain")
    source = add(collection, small)
    crawl(source)
    for _time in range(3):
        done = crawl(source)
        assert outcomes(done, small) == {
            "/": "unchanged",
            "/lighthouse": "unchanged",
            "/old": "unchanged",
            "/private": "disallowed",
        }
    assert done.pages.get(url=small.url("/private")).found_on == small.url("/")


def test_a_page_goes_when_it_is_missing_twice(small: Site, collection: Collection) -> None:
    source = add(collection, small)
    crawl(source)
    work()
    del small.pages["/ferries/north"]
    first = crawl(source)
    assert outcomes(first, small)["/ferries/north"] == "failed"
    assert source.last_outcome == Source.Outcome.PROBLEMS
    assert "ferries/north" in names(collection)
    assert outcomes(crawl(source), small)["/ferries/north"] == "gone"
    assert "ferries/north" not in names(collection)
    assert outcomes(crawl(source), small)["/ferries/north"] == "failed"
    assert source.last_outcome == Source.Outcome.OK


@pytest.mark.parametrize("crawls_meanwhile", [0, 1])
def test_a_page_that_comes_back_is_new(small: Site, collection: Collection, crawls_meanwhile: int) -> None:
    source = add(collection, small)
    crawl(source)
    work()
    there = small.pages.pop("/ferries/north")
    for _time in range(2 + crawls_meanwhile):
        crawl(source)
    assert "ferries/north" not in names(collection)
    small.pages["/ferries/north"] = there
    assert outcomes(crawl(source), small)["/ferries/north"] == "new"
    assert "ferries/north" in names(collection)


def test_a_dead_link_is_no_problem_of_the_source(small: Site, collection: Collection) -> None:
    small.page("/", "Harbour", "/nowhere")
    source = add(collection, small)
    assert outcomes(crawl(source), small) == {"/": "new", "/nowhere": "failed"}
    assert (source.last_outcome, source.last_error) == (Source.Outcome.OK, "")
    small.pages["/nowhere"] = Answer(b"broken", status=501)
    crawl(source)
    assert source.last_outcome == Source.Outcome.PROBLEMS


def test_a_failing_page_keeps_its_document(small: Site, collection: Collection) -> None:
    source = add(collection, small)
    crawl(source)
    work()
    small.pages["/lighthouse"] = Answer(b"broken", status=501)
    for _time in range(3):
        done = crawl(source)
        assert outcomes(done, small)["/lighthouse"] == "failed"
    assert "lighthouse" in names(collection)
    assert source.last_outcome == Source.Outcome.PROBLEMS


def test_a_page_that_lost_its_links_is_still_looked_at(small: Site, collection: Collection) -> None:
    source = add(collection, small)
    crawl(source)
    small.page("/ferries/", "Ferries", "../lighthouse")
    assert outcomes(crawl(source), small)["/ferries/north"] == "unchanged"


def test_a_site_that_cannot_be_had_loses_nothing(small: Site, collection: Collection) -> None:
    source = add(collection, small)
    crawl(source)
    kept = names(collection)
    for path in list(small.pages):
        small.pages[path] = Answer(status=403)
    done = crawl(source)
    assert (done.state, source.last_outcome) == (Crawl.State.FAILED, "failed")
    assert source.last_error
    assert names(collection) == kept


def test_robots_txt_is_asked_first(small: Site, collection: Collection) -> None:
    rules = b"User-agent: *\nDisallow: /ferries/\nSitemap: /other-map.xml\n"
    small.pages["/robots.txt"] = Answer(rules, kind="text/plain")
    small.sitemap("/other-map.xml", "/hidden", packed=True)
    done = crawl(add(collection, small))
    assert outcomes(done, small) == {
        "/": "new",
        "/lighthouse": "new",
        "/hidden": "new",
        "/ferries/": "disallowed",
    }
    assert not [path for path in small.paths() if path.startswith("/ferries")]


def test_sitemaps_name_pages_that_nothing_leads_to(small: Site, collection: Collection) -> None:
    index = f"<sitemapindex><sitemap><loc>{small.url('/map-1.xml.gz')}</loc></sitemap></sitemapindex>"
    small.pages["/sitemap.xml"] = Answer(index.encode(), kind="application/xml")
    small.sitemap("/map-1.xml.gz", "/hidden", "/lighthouse", packed=True)
    done = crawl(add(collection, small))
    assert outcomes(done, small)["/hidden"] == "new"
    assert done.sitemap_urls == 2


def test_redirects_lead_to_one_document(small: Site, collection: Collection) -> None:
    small.page("/", "Harbour", "/old", "/round", "/away", "/lighthouse")
    small.redirect("/old", "/lighthouse", 301)
    small.redirect("/round", "/round-2")
    small.redirect("/round-2", "/round")
    small.redirect("/away", f"http://elsewhere.example:{small.port}/")
    done = crawl(add(collection, small))
    found = outcomes(done, small)
    assert (found["/old"], found["/lighthouse"]) == ("unchanged", "new")
    old = done.pages.get(url=small.url("/old"))
    assert (old.leads_to, old.status) == (small.url("/lighthouse"), 301)
    assert found["/away"] == "failed"
    assert {found["/round"], found["/round-2"]} == {"failed"}
    assert small.paths().count("/lighthouse") == 1
    assert (small.paths().count("/round"), small.paths().count("/round-2")) == (1, 1)
    assert names(collection) == {"", "lighthouse"}


def test_a_start_may_lead_to_another_part_of_the_web(small: Site, collection: Collection) -> None:
    small.redirect("/go", f"http://localhost:{small.port}/ferries/")
    with override_settings(CRAWL_ALLOWED_NETWORKS=["127.0.0.0/8", "::1/128"]):
        web_access.forget()
        done = crawl(add(collection, small, "/go"))
    urls = set(done.pages.values_list("url", flat=True))
    assert f"http://localhost:{small.port}/ferries/north" in urls


def test_what_a_start_led_to_stays_while_the_start_is_away(small: Site, collection: Collection) -> None:
    small.redirect("/go", f"http://localhost:{small.port}/ferries/")
    with override_settings(CRAWL_ALLOWED_NETWORKS=["127.0.0.0/8", "::1/128"]):
        web_access.forget()
        source = add(collection, small, "/go")
        crawl(source)
        kept = names(collection)
        assert kept >= {"ferries", "ferries/north"}
        small.pages["/go"] = Answer(status=501)
        crawl(source)
        assert names(collection) == kept


def test_a_moved_page_leaves_no_second_document(small: Site, collection: Collection) -> None:
    source = add(collection, small)
    crawl(source)
    work()
    small.pages["/tower"] = small.pages["/lighthouse"]
    small.redirect("/lighthouse", "/tower", 301)
    crawl(source)
    work()
    assert names(collection) == {"", "ferries", "ferries/north", "tower"}
    assert Document.objects.filter(replaces=None).count() == 4


def test_the_canonical_address_counts(small: Site, collection: Collection) -> None:
    own = f'<link rel="canonical" href="{small.url("/lighthouse")}">'
    small.page("/", "Harbour", "/lighthouse?from=menu", "/lighthouse?lost=1")
    small.page("/lighthouse?from=menu", "Lighthouse", text="You came by the menu.", head=own)
    lost = f'<link rel="canonical" href="{small.url("/nowhere")}">'
    small.page("/lighthouse?lost=1", "Lost", head=lost)
    done = crawl(add(collection, small))
    found = outcomes(done, small)
    assert (found["/lighthouse?from=menu"], found["/lighthouse"]) == ("unchanged", "new")
    assert (found["/nowhere"], found["/lighthouse?lost=1"]) == ("failed", "new")


def test_the_same_text_is_one_document(small: Site, collection: Collection) -> None:
    small.page("/", "Harbour", "/lighthouse", "/copy")
    small.pages["/copy"] = small.pages["/lighthouse"]
    done = crawl(add(collection, small))
    assert collection.documents.count() == 2
    assert len(set(done.pages.exclude(url=small.url("/")).values_list("document", flat=True))) == 1


def test_limits_and_patterns(small: Site, collection: Collection) -> None:
    source = add(collection, small, exclude="*north*", max_depth=1)
    assert set(outcomes(crawl(source), small)) == {"/", "/lighthouse", "/ferries/"}
    cut = crawl(add(collection, small, "/ferries/", max_pages=2))
    assert cut.state == Crawl.State.CUT
    assert len(outcomes(cut, small)) == 2
    below = crawl(add(collection, small, "/ferries/north", reach="path"))
    assert set(outcomes(below, small)) == {"/ferries/north"}


def test_a_narrower_source_lets_go_of_what_is_outside(small: Site, collection: Collection) -> None:
    source = add(collection, small)
    crawl(source)
    wanted = replace(web_sources.settings_of(source), exclude="*/ferries/*")
    web_sources.change_web_source(source=source, wanted=wanted)
    crawl(source)
    assert names(collection) == {"", "lighthouse"}
    web_sources.change_web_source(source=source, wanted=replace(wanted, exclude=""))
    assert outcomes(crawl(source), small)["/ferries/north"] == "new"
    assert "ferries/north" in names(collection)


def test_another_schedule_is_no_reason_to_crawl(small: Site, collection: Collection) -> None:
    source = add(collection, small)
    crawl(source)
    wanted = replace(web_sources.settings_of(source), crontab="30 3 * * *", name="Every night")
    web_sources.change_web_source(source=source, wanted=wanted)
    assert not source.is_due
    assert (source.name, source.next_at.hour, source.next_at.minute) == ("Every night", 3, 30)
    web_sources.change_web_source(source=source, wanted=replace(wanted, selector="main"))
    assert source.is_due


def test_calendars_do_not_go_on_for_ever(small: Site, collection: Collection) -> None:
    small.page("/", "Harbour", "/calendar?month=1&year=2026")
    for at in range(2026 * 12, 2026 * 12 + 600):
        year, month = divmod(at + 1, 12)
        here = f"/calendar?month={at % 12 + 1}&year={at // 12}"
        small.page(here, f"Calendar {at}", f"/calendar?month={month + 1}&year={year}")
    done = crawl(add(collection, small, max_depth=50))
    assert done.state == Crawl.State.COMPLETE
    assert len(outcomes(done, small)) < 60


def test_a_selector_chooses_what_counts(small: Site, collection: Collection) -> None:
    page = "<div class='a'><p>The keeper writes.</p></div><div class='b'><p>Unwanted words here.</p></div>"
    small.pages["/"] = Answer(f"<html><title>Two</title><body>{page}</body></html>".encode())
    crawl(add(collection, small, selector="div.a"))
    work()
    text = Document.objects.get().content.text
    assert "keeper" in text
    assert "Unwanted" not in text


def test_encodings_bases_and_links_that_lie(small: Site, collection: Collection) -> None:
    text = "潮位站由港务局于一九八七年修复，至今每天记录潮水的高低，供进出港的船只参考。"
    chinese = html("潮位站", text=text * 3)
    small.page(
        "/", "Harbour", "/gbk", "/based/page", "mailto:x@example.com", "javascript:void(0)", "http://["
    )
    small.pages["/gbk"] = Answer(chinese.encode("gb18030"), kind="text/html; charset=gb2312")
    small.page("/based/page", "Based", "next", head='<base href="/deep/er/">')
    small.page("/deep/er/next", "Next")
    done = crawl(add(collection, small))
    assert outcomes(done, small) == dict.fromkeys(["/", "/gbk", "/based/page", "/deep/er/next"], "new")
    work()
    assert "港务局" in Document.objects.get(title="潮位站").content.text


def test_files_are_documents_too_where_wanted(small: Site, collection: Collection) -> None:
    from tests import fixtures

    small.page("/", "Harbour", "/guide.pdf", "/picture.png")
    small.pages["/guide.pdf"] = Answer(fixtures.pdf(), kind="application/pdf")
    source = add(collection, small)
    assert outcomes(crawl(source), small) == {"/": "new", "/guide.pdf": "new"}
    work()
    assert Document.objects.get(name__endswith="guide.pdf").status == "ready"
    other = add(collection, small, files=False)
    assert outcomes(crawl(other), small) == {"/": "new"}


def test_pages_that_ask_not_to_be_indexed(small: Site, collection: Collection) -> None:
    small.page("/lighthouse", "Lighthouse", "/hidden", head='<meta name="robots" content="noindex">')
    done = crawl(add(collection, small))
    found = outcomes(done, small)
    assert (found["/lighthouse"], found["/hidden"]) == ("disallowed", "new")
    assert "lighthouse" not in names(collection)


def test_addresses_that_must_not_be_asked_are_blocked(small: Site, collection: Collection) -> None:
    small.page("/", "Harbour", "/inside")
    small.redirect("/inside", "http://169.254.169.254/latest/meta-data/")
    small.redirect("/start", "http://[::ffff:10.0.0.1]/")
    found = outcomes(crawl(add(collection, small)), small)
    assert found["/inside"] in {"failed", "blocked"}
    done = crawl(add(collection, small, "/start"))
    assert "blocked" in set(done.pages.values_list("outcome", flat=True))
    assert done.state == Crawl.State.FAILED


def test_a_single_page_joins_the_others(small: Site, collection: Collection) -> None:
    first = web_sources.add_page(collection=collection, by=collection.owner, url=small.url("/lighthouse"))
    second = web_sources.add_page(collection=collection, by=collection.owner, url=small.url("/hidden"))
    assert first.pk == second.pk
    assert outcomes(crawl(second), small) == {"/lighthouse": "new", "/hidden": "new"}
    assert settings.CRAWL_DELAY_MS == 0


def test_pages_added_while_the_others_are_crawled_follow_at_once(small: Site, collection: Collection) -> None:
    for address in ("/lighthouse", "/hidden", "/ferries/"):
        source = web_sources.add_page(collection=collection, by=collection.owner, url=small.url(address))
        if address == "/lighthouse":
            begun = syncing.claim_next(Source.Kind.WEB)
    assert begun is not None
    syncing.sync(begun)
    assert syncing.sync_due(Source.Kind.WEB) == 1
    assert set(source.crawls.values_list("state", flat=True)) == {Crawl.State.COMPLETE}
    assert outcomes(source.crawls.latest("began_at"), small) == {
        "/lighthouse": "unchanged",
        "/hidden": "new",
        "/ferries/": "new",
    }
    source.refresh_from_db()
    assert not source.is_due


def test_hosts_are_told_apart_by_their_ports(small: Site) -> None:
    assert host_key(small.url()) == f"127.0.0.1:{small.port}"
