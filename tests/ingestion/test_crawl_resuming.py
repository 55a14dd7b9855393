"""Crawls that are cut off, stopped, paused, or meet what is none of a page's fault."""

import sqlite3
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from ingestion import crawling, sources, stopping, syncing, web_sources
from ingestion.crawl.spool import NO_ROOM
from ingestion.leases import ClaimLost, Lease
from ingestion.models import Collection, Crawl, Source, WebDetails
from tests.chat.conftest import redis_url as redis_url
from tests.ingestion.crawl_material import add, crawl, outcomes
from tests.ingestion.crawl_material import site as site
from tests.ingestion.crawl_material import small as small
from tests.ingestion.small_site import Answer, Site, html

pytestmark = pytest.mark.django_db


def test_a_passing_failure_is_tried_again(small: Site, collection: Collection) -> None:
    answers = [Answer(status=503, headers={"Retry-After": "1"}), small.pages["/lighthouse"]]
    small.pages["/lighthouse"] = lambda path: answers.pop(0) if len(answers) > 1 else answers[0]  # type: ignore[return-value]
    done = crawl(add(collection, small))
    assert outcomes(done, small)["/lighthouse"] == "new"
    tries = [one for one in small.asked if one.path == "/lighthouse"]
    assert [one.status for one in tries] == [503, 200]
    assert tries[1].began - tries[0].ended >= 0.95


def test_never_more_connections_than_allowed(small: Site, collection: Collection) -> None:
    paths = [f"/page-{at}" for at in range(20)]
    small.page("/", "Harbour", *paths)
    for path in paths:
        small.pages[path] = Answer(html(path).encode(), seconds=0.05)
    with override_settings(CRAWL_CONNECTIONS=2):
        crawl(add(collection, small, sitemaps=False))
    assert small.most_open == 2


def test_requests_keep_their_distance(small: Site, collection: Collection) -> None:
    small.pages["/robots.txt"] = Answer(b"User-agent: YoujuBot\nCrawl-delay: 0.4\n", kind="text/plain")
    crawl(add(collection, small, sitemaps=False))
    began = sorted(one.began for one in small.asked if one.path != "/robots.txt")
    assert len(began) == 4
    assert min(second - first for first, second in pairwise(began)) >= 0.35


def test_a_crawl_that_was_cut_off_goes_on_where_it_was(small: Site, collection: Collection) -> None:
    source = add(collection, small)
    seen = threading.Event()

    def pause(path: str) -> Answer:
        web_sources_stop.append(path)
        seen.set()
        return Answer(html("Ferries", "north").encode())

    web_sources_stop: list[str] = []
    small.pages["/ferries/"] = pause
    claimed = syncing.claim_next(Source.Kind.WEB)
    assert claimed is not None
    with pytest.raises(ClaimLost):

        class LostSoon(Lease):
            def keep(self) -> None:
                if seen.is_set():
                    raise ClaimLost("killed")

        crawling.crawl(claimed, LostSoon(lambda: Source.objects.filter(pk=claimed.pk), claimed.pk))
    running = source.crawls.get()
    assert running.state == Crawl.State.RUNNING
    Source.objects.filter(pk=source.pk).update(lease_until=None)
    done = crawl(source)
    assert done.pk == running.pk
    assert outcomes(done, small) == dict.fromkeys(["/", "/lighthouse", "/ferries/", "/ferries/north"], "new")
    assert sorted(small.paths()) == ["/", "/ferries/", "/ferries/north", "/lighthouse"]


def test_stopping_ends_a_crawl_and_keeps_what_it_brought(small: Site, collection: Collection) -> None:
    source = add(collection, small)
    claimed = syncing.claim_next(Source.Kind.WEB)
    assert claimed is not None
    Crawl.objects.create(source=source)
    web_sources.stop_crawl(source=source)
    assert source.crawls.get().state == Crawl.State.STOPPED
    assert source.is_due is False


FOUR = ["/", "/ferries/", "/ferries/north", "/lighthouse"]


def kill_readers(times: int, done: threading.Event) -> None:
    """kill -9 of the first ``times`` processes that are to read a page."""
    killed: set[int] = set()
    while len(killed) < times and not done.wait(0.02):
        for child in psutil.Process().children():
            with suppress(psutil.Error):
                if child.pid not in killed and "ingestion.extract.child" in child.cmdline():
                    child.kill()
                    killed.add(child.pid)


@pytest.mark.parametrize(("kills", "outcome"), [(1, "new"), (1000, "failed")])
def test_a_page_whose_reader_dies_is_read_again(
    site: Site, collection: Collection, kills: int, outcome: str
) -> None:
    site.page("/", "Harbour")
    done = threading.Event()
    killer = threading.Thread(target=kill_readers, args=(kills, done))
    killer.start()
    found = crawl(add(collection, site))
    done.set()
    killer.join()
    assert outcomes(found, site) == {"/": outcome}
    assert site.paths() == ["/"]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KB of its own, in memory."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=64k", "tmpfs"]
    mounted = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small file system needs the right to mount one: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_none_of_a_page(small: Site, collection: Collection, tiny_disk: Path) -> None:
    small.page("/lighthouse", "Lighthouse", text="The keeper writes a long diary. " * 5000)
    source = add(collection, small)
    with override_settings(CRAWL_DIR=tiny_disk):
        cut = crawl(source)
        assert cut.state == Crawl.State.RUNNING
        assert (source.last_outcome, source.last_error, source.attempts) == ("failed", NO_ROOM, 0)
        assert source.next_at is not None
        assert timedelta(seconds=30) < source.next_at - timezone.now() < timedelta(seconds=90)
        subprocess.run(["mount", "-o", "remount,size=16m", str(tiny_disk)], check=True)
        done = crawl(source)
    assert (done.pk, done.state, source.last_error) == (cut.pk, Crawl.State.COMPLETE, "")
    assert outcomes(done, small) == dict.fromkeys(FOUR, "new")


@pytest.mark.django_db(transaction=True)
def test_a_locked_database_costs_no_page(small: Site, collection: Collection) -> None:
    source = add(collection, small)
    lock = sqlite3.connect(
        settings.DATABASES["default"]["NAME"], isolation_level=None, check_same_thread=False, timeout=30
    )
    page = small.pages["/ferries/"]

    def locked(path: str) -> Answer:
        lock.execute("BEGIN IMMEDIATE")
        small.pages["/ferries/"] = page
        assert isinstance(page, Answer)
        return page

    small.pages["/ferries/"] = locked
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 200")
    try:
        assert syncing.sync_due(Source.Kind.WEB) == 1
    finally:
        lock.execute("ROLLBACK")
        lock.close()
    assert source.crawls.get().state == Crawl.State.RUNNING
    syncing.release_all(Source.Kind.WEB)
    done = crawl(source)
    assert outcomes(done, small) == dict.fromkeys(FOUR, "new")
    assert sorted(small.paths()) == FOUR


@pytest.mark.django_db(transaction=True)
def test_pausing_stops_a_crawl_which_goes_on_where_it_was(small: Site, collection: Collection) -> None:
    source = add(collection, small)
    page = small.pages["/ferries/"]

    def pause(path: str) -> Answer:
        sources.set_paused(source=Source.objects.get(pk=source.pk), paused=True)
        connection.close()
        small.pages["/ferries/"] = page
        time.sleep(2.5)
        assert isinstance(page, Answer)
        return page

    small.pages["/ferries/"] = pause
    assert syncing.sync_due(Source.Kind.WEB) == 1
    assert source.crawls.get().state == Crawl.State.RUNNING
    assert syncing.sync_due(Source.Kind.WEB) == 0
    source.refresh_from_db()
    assert (source.claim, source.attempts) == (None, 0)
    sources.set_paused(source=source, paused=False)
    done = crawl(source)
    assert outcomes(done, small) == dict.fromkeys(FOUR, "new")
    assert sorted(small.paths()) == FOUR
    assert set(source.items.values_list("outcome", flat=True)) == {"new"}


def test_a_crawl_ends_soon_with_its_process(
    small: Site, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = add(collection, small)
    slow = Answer(html("Lighthouse").encode(), seconds=15)
    ends = threading.Event()

    def stop(path: str) -> Answer:
        stopping.ask()
        small.page("/lighthouse", "Lighthouse")
        ends.set()
        return slow

    small.pages["/lighthouse"] = stop
    with monkeypatch.context() as patched:
        patched.setattr(stopping, "_asked", threading.Event())
        assert syncing.sync_due(Source.Kind.WEB) == 1
        assert "/lighthouse" not in small.paths(), "it waited for the page"
    assert ends.is_set()
    source.refresh_from_db()
    assert (source.claim, source.lease_until, source.attempts) == (None, None, 0)
    done = crawl(source)
    assert outcomes(done, small) == dict.fromkeys(FOUR, "new")
    assert [path for path in small.paths() if path != "/lighthouse"].count("/") == 1


def test_a_crawl_that_keeps_killing_its_worker_ends(small: Site, collection: Collection) -> None:
    source = add(collection, small)
    begun = Crawl.objects.create(source=source, settings=crawling.digest(source.web))
    Source.objects.filter(pk=source.pk).update(attempts=3)
    assert syncing.claim_next(Source.Kind.WEB) is None
    begun.refresh_from_db()
    assert (begun.state, begun.error) == (Crawl.State.FAILED, syncing.KEEPS_STOPPING)
    done = crawl(source)
    assert done.pk != begun.pk
    assert outcomes(done, small) == dict.fromkeys(FOUR, "new")


def test_a_worker_killed_at_the_very_end_crawls_nothing_again(small: Site, collection: Collection) -> None:
    source = add(collection, small)
    done = crawl(source)
    small.forget()
    Source.objects.filter(pk=source.pk).update(claim=uuid.uuid4(), last_outcome="", attempts=1)
    assert crawl(source).pk == done.pk
    assert source.last_outcome == "ok"
    assert small.asked == []


def test_nothing_is_left_on_disk(small: Site, collection: Collection) -> None:
    left = Path(settings.CRAWL_DIR) / "999999"
    left.mkdir(parents=True)
    (left / "7.body").write_text("from a crawl that was stopped")
    crawl(add(collection, small))
    assert list(Path(settings.CRAWL_DIR).iterdir()) == []


def test_redirects_without_an_end_meet_one(site: Site, collection: Collection) -> None:
    site.page("/", "Harbour", "/hop-0")
    for at in range(600):
        site.redirect(f"/hop-{at}", f"/hop-{at + 1}")
    done = crawl(add(collection, site, max_pages=20, sitemaps=False))
    assert done.state == Crawl.State.CUT
    assert len(site.asked) < 200


def test_a_crawl_of_other_settings_is_not_gone_on_with(small: Site, collection: Collection) -> None:
    """Begun by a worker at the moment when another start address was added."""
    source = add(collection, small, "/lighthouse", reach="page")
    begun = Crawl.objects.create(source=source, settings=crawling.digest(source.web), is_seeded=True)
    begun.pages.create(url=small.url("/lighthouse"))
    WebDetails.objects.update(starts="\n".join([small.url("/lighthouse"), small.url("/hidden")]))
    done = crawl(source)
    begun.refresh_from_db()
    assert begun.state == Crawl.State.STOPPED
    assert outcomes(done, small) == {"/lighthouse": "new", "/hidden": "new"}


def test_a_source_deleted_at_the_very_end_is_no_error(
    small: Site, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = add(collection, small)
    ending = Crawl.end

    def end(crawl: Crawl, state: Crawl.State, error: str = "") -> None:
        Source.objects.filter(pk=source.pk).delete()
        ending(crawl, state, error)

    with monkeypatch.context() as patched:
        patched.setattr(Crawl, "end", end)
        assert syncing.sync_due(Source.Kind.WEB) == 1
    assert not Source.objects.exists()
    assert not Crawl.objects.exists()
