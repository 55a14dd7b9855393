"""Sources in the API: single pages, websites, crawls and outcomes; by owner, editor, viewer and stranger."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from ingestion import services, syncing
from ingestion.models import Collection, Document, Source
from tests.chat.conftest import redis_url as redis_url
from tests.conftest import signed_in
from tests.ingestion.small_site import Site
from tests.ingestion.test_api import post, problem
from tests.ingestion.test_crawling import site as site
from tests.ingestion.test_crawling import small as small
from tests.ingestion.test_reembedding import work

pytestmark = pytest.mark.django_db

SOURCES = "/collections/handbook/sources"


def get(client: Client, path: str) -> Any:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def patch(client: Client, path: str, payload: object) -> HttpResponse:
    return client.patch(f"/api/v1{path}", json.dumps(payload), content_type="application/json")


def followed(client: Client, site: Site, **more: object) -> dict[str, Any]:
    """A source made by the API, and crawled."""
    answer = post(client, SOURCES, {"starts": [site.url()], "minutes": 0, **more})
    assert answer.status_code == 201, answer.content
    assert syncing.sync_due(Source.Kind.WEB) == 1
    found: dict[str, Any] = get(client, f"/sources/{answer.json()['id']}")
    return found


def pages(client: Client, source: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    crawl = get(client, f"/sources/{source['id']}/crawls")["results"][0]
    assert crawl["pages"] == f"/api/v1/crawls/{crawl['id']}/pages"
    found: list[dict[str, Any]] = get(client, f"/crawls/{crawl['id']}/pages{query}")["results"]
    return found


def test_a_page_is_added_by_its_address(small: Site, collection: Collection, owner: User) -> None:
    client = signed_in(owner)
    answer = post(client, "/collections/handbook/pages", {"url": small.url("/lighthouse") + "#top"})
    assert answer.status_code == 202
    added = answer.json()
    assert (added["url"], added["document_id"]) == (small.url("/lighthouse"), None)
    assert added["crawls"] == f"/api/v1/sources/{added['source_id']}/crawls"
    assert syncing.sync_due(Source.Kind.WEB) == 1
    work()
    (page,) = pages(client, {"id": added["source_id"]})
    document = Document.objects.get()
    assert page == {
        "url": small.url("/lighthouse"),
        "status": 200,
        "outcome": "new",
        "document_id": str(document.pk),
        "error": None,
    }
    again = post(client, "/collections/handbook/pages", {"url": small.url("/lighthouse")}).json()
    assert (again["source_id"], again["document_id"]) == (added["source_id"], str(document.pk))
    more = post(client, "/collections/handbook/pages", {"url": small.url("/hidden")}).json()
    assert more["source_id"] == added["source_id"]


def test_what_is_no_address_of_the_web_is_explained(small: Site, collection: Collection, owner: User) -> None:
    client = signed_in(owner)
    for url, code, words in (
        (f"http://192.168.1.1:{small.port}/", "blocked", "CRAWL_ALLOWED_NETWORKS"),
        ("http://example.com:8080/", "blocked", "CRAWL_ALLOWED_PORTS"),
        (f"http://me:secret@example.com:{small.port}/", "bad_address", "password"),
        ("ftp://example.com/", "bad_address", "ftp://example.com/"),
        ("", "bad_address", "https://example.com/docs/"),
        (f"https://example.com/{'x' * 1000}", "bad_address", "1000"),
    ):
        for path, payload in (
            ("/collections/handbook/pages", {"url": url}),
            (SOURCES, {"starts": [url]}),
        ):
            body = problem(post(client, path, payload), 422)
            assert body["type"] == f"/problems/{code}", url
            assert words in body["detail"]
    assert not Source.objects.exists()


def test_a_website_has_all_its_settings(small: Site, collection: Collection, owner: User) -> None:
    client = signed_in(owner)
    wanted = {
        "name": "Harbour office",
        "starts": [small.url("/ferries/"), small.url("/hidden")],
        "include": ["/ferries/*", "/hidden"],
        "exclude": ["*/print/*"],
        "reach": "host",
        "max_pages": 40,
        "max_depth": 3,
        "selector": "main",
        "sitemaps": False,
        "files": False,
        "minutes": 1440,
        "crontab": "30 3 * * 1-5",
        "timezone": "Asia/Shanghai",
    }
    answer = post(client, SOURCES, wanted)
    assert answer.status_code == 201
    made = answer.json()
    wanted["minutes"] = 0  # the crontab is in its place
    assert made["settings"] == wanted
    assert (made["name"], made["state"], made["crawl"]) == ("Harbour office", "waiting", None)
    assert get(client, SOURCES) == {"count": 1, "results": [made]}
    changed = patch(client, f"/sources/{made['id']}", {"max_pages": 7, "minutes": 60}).json()
    assert changed["settings"] == wanted | {"max_pages": 7, "minutes": 60, "crontab": "", "timezone": ""}
    defaults = post(client, SOURCES, {"starts": [small.url()]}).json()["settings"]
    assert (defaults["max_pages"], defaults["minutes"], defaults["reach"]) == (500, 1440, "host")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"crontab": "every day"}, "five fields"),
        ({"crontab": "61 * * * *"}, "no crontab"),
        ({"crontab": "0 3 * * *", "timezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"selector": "main > > p"}, "CSS selector"),
        ({"max_pages": 0}, "max_pages"),
        ({"max_depth": -1}, "max_depth"),
        ({"reach": "world"}, "reach"),
        ({"max_page": 5}, "max_page"),
        ({"starts": []}, ""),
    ],
)
def test_settings_that_say_nothing_are_refused(
    small: Site, collection: Collection, owner: User, wrong: dict[str, object], words: str
) -> None:
    client = signed_in(owner)
    assert words in problem(post(client, SOURCES, {"starts": [small.url()]} | wrong), 422)["detail"]
    assert not Source.objects.exists()
    made = post(client, SOURCES, {"starts": [small.url()]}).json()
    assert words in problem(patch(client, f"/sources/{made['id']}", wrong), 422)["detail"]
    assert get(client, f"/sources/{made['id']}")["settings"] == made["settings"]


def test_every_page_has_its_outcome(small: Site, collection: Collection, owner: User) -> None:
    small.page("/", "Harbour", "/lighthouse", "/old", "/lost", "/ferries/")
    small.redirect("/old", "/older")
    small.redirect("/older", "/lighthouse")
    client = signed_in(owner)
    source = followed(client, small)
    crawl = source["crawl"]
    assert (source["state"], source["last_outcome"], crawl["state"]) == ("idle", "ok", "complete")
    counts = {name: count for name, count in crawl["outcomes"].items() if count}
    assert (counts, crawl["waiting"]) == ({"new": 4, "unchanged": 2, "failed": 1}, 0)
    found = {page["url"].removeprefix(small.url("")): page for page in pages(client, source)}
    assert found["/lost"]["status"] == 404
    assert found["/lost"]["error"]
    assert found["/lost"]["document_id"] is None
    for path in ("/old", "/older"):
        assert found[path]["document_id"] == found["/lighthouse"]["document_id"] is not None
        assert found[path]["leads_to"]
    assert [page["url"] for page in pages(client, source, "?outcome=failed")] == [small.url("/lost")]
    assert pages(client, source, "?page=2") == []
    body = problem(client.get(f"/api/v1/crawls/{crawl['id']}/pages?outcome=lost"), 422)
    assert "unchanged" in body["detail"]
    problem(client.get("/api/v1/crawls/99999999999999999999/pages"), 404)


def test_a_source_is_crawled_paused_resumed_and_stopped(
    small: Site, collection: Collection, owner: User
) -> None:
    client = signed_in(owner)
    source = followed(client, small)
    path = f"/sources/{source['id']}"
    answer = post(client, f"{path}/crawl", {})
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    assert post(client, f"{path}/pause", {}).json()["state"] == "paused"
    assert syncing.sync_due(Source.Kind.WEB) == 0
    assert problem(post(client, f"{path}/crawl", {}), 409)["type"] == "/problems/paused"
    assert post(client, f"{path}/resume", {}).json()["state"] == "waiting"
    assert syncing.claim_next(Source.Kind.WEB) is not None
    assert get(client, path)["state"] == "running"
    stopped = post(client, f"{path}/stop", {}).json()
    assert (stopped["state"], stopped["next_at"]) == ("idle", None)


def test_a_source_goes_with_or_without_its_documents(
    small: Site, collection: Collection, owner: User
) -> None:
    client = signed_in(owner)
    first = followed(client, small)
    assert client.delete(f"/api/v1/sources/{first['id']}").status_code == 204
    assert collection.documents.count() == 4
    collection.documents.all().delete()
    second = followed(client, small)
    assert client.delete(f"/api/v1/sources/{second['id']}?documents=true").status_code == 204
    assert collection.documents.count() == 0
    problem(client.get(f"/api/v1/sources/{second['id']}"), 404)


CHANGES = ("crawl", "pause", "resume", "stop")


def test_strangers_and_visitors_see_no_source(
    small: Site, collection: Collection, owner: User, stranger: User
) -> None:
    source = followed(signed_in(owner), small)
    path = f"/sources/{source['id']}"
    for client, status in ((signed_in(stranger), 404), (signed_in(None), 401)):
        for read in (SOURCES, path, f"{path}/crawls", f"/crawls/{source['crawl']['id']}/pages"):
            problem(client.get(f"/api/v1{read}"), status)
        for action in CHANGES:
            problem(post(client, f"{path}/{action}", {}), status)
        problem(post(client, SOURCES, {"starts": [small.url()]}), status)
        problem(post(client, "/collections/handbook/pages", {"url": small.url()}), status)
        problem(patch(client, path, {"max_pages": 1}), status)
        problem(client.delete(f"/api/v1{path}?documents=true"), status)
    assert get(signed_in(owner), path) == source


def test_editors_add_pages_and_only_managers_change_sources(
    small: Site, collection: Collection, owner: User, teammate: User
) -> None:
    source = followed(signed_in(owner), small)
    path = f"/sources/{source['id']}"
    client = signed_in(teammate)
    page = {"url": small.url("/hidden")}
    for read in (SOURCES, path, f"/crawls/{source['crawl']['id']}/pages"):
        problem(client.get(f"/api/v1{read}"), 403)
    problem(post(client, "/collections/handbook/pages", page), 403)
    services.set_member(collection=collection, user=teammate, role="editor")
    assert get(client, path) == source
    assert len(pages(client, source)) == 4
    assert post(client, "/collections/handbook/pages", page).status_code == 202
    for action in CHANGES:
        problem(post(client, f"{path}/{action}", {}), 403)
    problem(post(client, SOURCES, {"starts": [small.url()]}), 403)
    problem(patch(client, path, {"max_pages": 1}), 403)
    problem(client.delete(f"/api/v1{path}"), 403)
    services.set_member(collection=collection, user=teammate, role="manager")
    assert patch(client, path, {"max_pages": 1}).json()["settings"]["max_pages"] == 1


def test_folders_are_shown_without_their_place(
    collection: Collection, admin: User, tmp_path: Any, settings: Any
) -> None:
    from ingestion import sources

    settings.SOURCE_ROOTS = [str(tmp_path)]
    made = sources.add_folder_source(collection=collection, by=admin, name="Shared", root=str(tmp_path))
    client = signed_in(admin)
    shown = get(client, f"/sources/{made.pk}")
    assert (shown["kind"], shown["settings"], shown["crawl"]) == ("folder", None, None)
    assert str(tmp_path) not in json.dumps(shown)
    assert "folders" in problem(patch(client, f"/sources/{made.pk}", {"name": "x"}), 422)["detail"]
    assert post(client, f"/sources/{made.pk}/pause", {}).json()["state"] == "paused"


def test_openapi_describes_sources(owner: User) -> None:
    said = signed_in(owner).get("/api/v1/openapi.json").json()
    for path, methods in {
        "/collections/{slug}/pages": {"post"},
        "/collections/{slug}/sources": {"get", "post"},
        "/sources/{source_id}": {"get", "patch", "delete"},
        "/sources/{source_id}/crawl": {"post"},
        "/sources/{source_id}/stop": {"post"},
        "/sources/{source_id}/crawls": {"get"},
        "/crawls/{crawl_id}/pages": {"get"},
    }.items():
        assert said["paths"][f"/api/v1{path}"].keys() == methods
    page = said["components"]["schemas"]["PageOut"]
    assert set(page["required"]) == {"url", "status", "outcome", "document_id", "error"}
    assert "failed" in page["properties"]["outcome"]["enum"]
