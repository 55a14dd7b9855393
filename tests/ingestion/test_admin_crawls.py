"""Websites, their crawls and schedules in the administration."""

import pytest
from django.contrib import admin as administration
from django.test import Client
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from accounts.models import User
from ingestion.models import Collection, Crawl, Source
from tests.chat.conftest import redis_url as redis_url
from tests.conftest import signed_in
from tests.ingestion.small_site import Site
from tests.ingestion.test_crawling import add, crawl
from tests.ingestion.test_crawling import site as site
from tests.ingestion.test_crawling import small as small

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin: User) -> Client:
    return signed_in(admin)


def test_crawls_are_listed_with_their_counts(client: Client, small: Site, collection: Collection) -> None:
    small.page("/", "Harbour", "/lighthouse", "/gone")
    done = crawl(add(collection, small, name="Port"))
    html = client.get("/admin/ingestion/crawl/").content.decode()
    for name, count in (("visited", 3), ("brought", 2), ("failed", 1)):
        assert f'<td class="field-{name}">{count}</td>' in html
    assert client.get(f"/admin/ingestion/crawl/{done.pk}/change/").status_code == 200
    assert client.get("/admin/ingestion/crawl/add/").status_code == 403
    client.post(f"/admin/ingestion/crawl/{done.pk}/change/", {"state": "failed"})
    assert Crawl.objects.get().state == "complete"


def test_settings_of_a_website_are_changed(client: Client, small: Site, collection: Collection) -> None:
    source = add(collection, small, name="Port")
    address = f"/admin/ingestion/source/{source.pk}/change/"
    html = client.get(address).content.decode()
    assert 'name="web-0-max_pages"' in html
    assert 'name="web-0-starts"' not in html
    assert "folder-TOTAL_FORMS" not in html
    every = IntervalSchedule.objects.create(every=3, period="hours")
    form = {
        "name": "Port",
        "every": str(every.pk),
        "web-TOTAL_FORMS": "1",
        "web-INITIAL_FORMS": "1",
        "web-0-source": str(source.pk),
        "web-0-max_pages": "7",
        "web-0-max_depth": "2",
        "web-0-selector": "main",
    }
    assert client.post(address, form).status_code == 302
    source = Source.objects.get()
    assert (source.web.max_pages, source.web.selector, source.every) == (7, "main", every)
    assert source.web.start_urls == [small.url()]
    client.post(f"/admin/ingestion/source/{source.pk}/delete/", {"post": "yes"})
    assert not Source.objects.exists()


def test_only_the_schedules_that_sources_follow_are_there() -> None:
    there = {model: administration.site.is_registered(model) for model in (IntervalSchedule, CrontabSchedule)}
    assert all(there.values())
    for model in (PeriodicTask, ClockedSchedule, SolarSchedule):
        assert not administration.site.is_registered(model)
