"""A small site to crawl, and what tests ask of a crawl."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from django.test import override_settings
from django.utils import timezone

from ingestion import crawl_selectors, syncing, web_access, web_sources
from ingestion.models import Collection, Crawl, Source
from ingestion.web_sources import WebSettings
from tests.chat.conftest import redis_url as redis_url
from tests.ingestion.small_site import Site


@pytest.fixture
def site(redis_url: str, tmp_path: Path) -> Iterator[Site]:
    made = Site()
    made.start()
    web_access.forget()
    with override_settings(
        REDIS_URL=redis_url,
        CRAWL_ALLOWED_PORTS=str(made.port),
        CRAWL_ALLOWED_NETWORKS=["127.0.0.0/8"],
        CRAWL_DELAY_MS=0,
        CRAWL_DIR=tmp_path / "crawls",
    ):
        yield made
    made.stop()
    web_access.forget()
    redis.Redis.from_url(redis_url).flushall()


@pytest.fixture
def small(site: Site) -> Site:
    """A front page with two others below it, and one that nothing leads to."""
    site.page("/", "Harbour", "/lighthouse", "/ferries/")
    site.page("/lighthouse", "Lighthouse", "/")
    site.page("/ferries/", "Ferries", "../lighthouse", "north#times")
    site.page("/ferries/north", "Northern ferry")
    site.page("/hidden", "Hidden")
    return site


def add(collection: Collection, site: Site, path: str = "/", **changes: object) -> Source:
    wanted = replace(WebSettings(starts=site.url(path), minutes=0), **changes)  # type: ignore[arg-type]
    return web_sources.add_web_source(collection=collection, by=collection.owner, wanted=wanted)


def crawl(source: Source) -> Crawl:
    Source.objects.filter(pk=source.pk).update(next_at=timezone.now())
    assert syncing.sync_due(Source.Kind.WEB) == 1
    source.refresh_from_db()
    done = source.crawls.first()
    assert done is not None
    return done


def outcomes(crawl: Crawl, site: Site) -> dict[str, str]:
    """By path."""
    pages = crawl_selectors.pages_of(crawl)
    return {page.url.removeprefix(site.url("")): page.outcome for page in pages}


def reason(crawl: Crawl, site: Site, path: str) -> str:
    return crawl.pages.get(url=site.url(path)).reason


def names(collection: Collection) -> set[str]:
    found = collection.documents.filter(replaces=None).values_list("name", flat=True)
    return {name.partition("/")[2] for name in found}
