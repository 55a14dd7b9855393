"""The contract's calls, by owner, teammate, stranger and visitor, with key and session."""

import json
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, override_settings

from accounts.models import User
from accounts.services import create_api_key
from ingestion import services
from ingestion.models import Collection, Document
from tests.conftest import signed_in
from tests.ingestion.material import CHINESE, ENGLISH, add, ready

pytestmark = pytest.mark.django_db


def post(client: Client, path: str, payload: object, **headers: str) -> HttpResponse:
    return client.post(
        f"/api/v1{path}", json.dumps(payload), content_type="application/json", headers=headers
    )


def upload(client: Client, slug: str, *files: tuple[str, bytes]) -> HttpResponse:
    data = {"file": [SimpleUploadedFile(name, content) for name, content in files]}
    return client.post(f"/api/v1/collections/{slug}/documents", data)


def problem(answer: HttpResponse, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(answer.content)
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == status
    assert body["detail"]
    return body


def test_a_collection_is_made_with_a_slug_of_its_own(owner: User) -> None:
    answer = post(signed_in(owner), "/collections", {"name": "Team Handbook"})
    assert answer.status_code == 201
    assert answer.json().keys() == {"id", "name", "slug"}
    assert answer.json()["slug"] == "team-handbook"
    problem(post(signed_in(owner), "/collections", {"name": "Again", "slug": "team-handbook"}), 409)
    problem(post(signed_in(owner), "/collections", {"name": " "}), 422)
    problem(post(signed_in(owner), "/collections", {}), 422)


def test_several_files_are_queued_and_a_duplicate_is_reported(collection: Collection, owner: User) -> None:
    client = signed_in(owner)
    answer = upload(client, "handbook", ("a.md", ENGLISH.encode()), ("b.md", CHINESE.encode()))
    assert answer.status_code == 202
    first, second = answer.json()["documents"]
    assert first.keys() == {"id", "name", "status", "duplicate_of"}
    assert (first["status"], first["duplicate_of"], second["name"]) == ("queued", None, "b.md")
    again = upload(client, "handbook", ("copy.md", ENGLISH.encode())).json()["documents"][0]
    assert again["duplicate_of"] == first["id"]
    assert Document.objects.count() == 2


def test_a_refused_file_does_not_hold_up_the_others(collection: Collection, owner: User) -> None:
    documents = upload(signed_in(owner), "handbook", ("empty.txt", b""), ("a.md", b"# A\n\nText")).json()[
        "documents"
    ]
    assert [item["status"] for item in documents] == ["failed", "queued"]
    assert "empty" in documents[0]["error"]
    problem(upload(signed_in(owner), "handbook", ("empty.txt", b"")), 422)


@override_settings(MAX_UPLOAD_MB=1)
def test_a_file_over_the_limit_is_413(collection: Collection, owner: User) -> None:
    problem(upload(signed_in(owner), "handbook", ("big.txt", b"x" * 1_100_000)), 413)


def test_a_document_tells_how_it_goes_and_can_be_deleted(collection: Collection, owner: User) -> None:
    client = signed_in(owner)
    document = add(collection, ENGLISH)
    body = client.get(f"/api/v1/documents/{document.pk}").json()
    assert body.keys() == {"id", "name", "status", "progress", "error", "pages", "chunks", "created_at"}
    assert (body["status"], body["progress"], body["error"]) == ("queued", 0, None)
    assert client.delete(f"/api/v1/documents/{document.pk}").status_code == 204
    problem(client.get(f"/api/v1/documents/{document.pk}"), 404)


def test_documents_are_listed_by_status_and_page(collection: Collection, owner: User) -> None:
    ready(collection, ENGLISH)
    add(collection, CHINESE)
    client = signed_in(owner)
    assert client.get("/api/v1/collections/handbook/documents").json()["count"] == 2
    queued = client.get("/api/v1/collections/handbook/documents?status=queued").json()
    assert [row["status"] for row in queued["results"]] == ["queued"]
    assert client.get("/api/v1/collections/handbook/documents?page=9").json()["results"] == []
    problem(client.get("/api/v1/collections/handbook/documents?status=lost"), 422)


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_a_hit_points_into_the_document(collection: Collection, owner: User, mode: str) -> None:
    document = ready(collection, CHINESE)
    answer = post(
        signed_in(owner), "/search", {"query": "带薪年假", "collections": ["handbook"], "mode": mode}
    )
    assert answer.status_code == 200
    hit = answer.json()["hits"][0]
    assert document.content.text[hit["start"] : hit["end"]] == hit["text"]
    marked = "".join(hit["text"][start:end] for start, end in hit["highlights"])
    assert "带薪年假" in marked
    assert hit["url"] == f"/documents/{document.pk}/?p={hit['chunk_id']}#p={hit['chunk_id']}"
    assert answer.json()["took_ms"] > 0
    assert "signals" not in hit


def test_a_hit_is_explained_to_who_asks(collection: Collection, owner: User) -> None:
    ready(collection, CHINESE)
    client = signed_in(owner)
    asked = {"query": "带薪年假", "explain": True}
    (hit, *_others) = post(client, "/search", asked).json()["hits"]
    assert hit["signals"]["pairs"] == hit["signals"]["triples"] == 1
    assert hit["signals"]["covered"] > 0.9
    assert hit["lexical"] > 0
    (hit, *_others) = post(client, "/search", asked | {"mode": "lexical"}).json()["hits"]
    assert (hit["dense"], hit["signals"]) == (None, None)


def test_overlong_and_empty_questions_are_explained(collection: Collection, owner: User) -> None:
    client = signed_in(owner)
    body = problem(post(client, "/search", {"query": "why " * 2500, "collections": ["handbook"]}), 422)
    assert "2000" in body["detail"]
    problem(post(client, "/search", {"query": "  ", "collections": ["handbook"]}), 422)
    problem(post(client, "/search", {"query": "x", "collections": ["handbook"], "mode": "magic"}), 422)
    problem(client.post("/api/v1/search", "{", content_type="application/json"), 400)


def test_strangers_and_visitors_see_nothing(collection: Collection, stranger: User) -> None:
    document = ready(collection, ENGLISH)
    for client, status in ((signed_in(stranger), 404), (signed_in(None), 401)):
        problem(client.get("/api/v1/collections/handbook/documents"), status)
        problem(client.get(f"/api/v1/documents/{document.pk}"), status)
        problem(client.delete(f"/api/v1/documents/{document.pk}"), status)
        problem(upload(client, "handbook", ("a.md", b"x")), status)
        problem(post(client, "/search", {"query": "leave", "collections": ["handbook"]}), status)
        assert post(client, "/search", {"query": "leave"}).json()["hits"] == []
    problem(post(signed_in(None), "/collections", {"name": "Mine"}), 401)
    assert Document.objects.count() == 1


def test_a_viewer_reads_but_does_not_write(collection: Collection, teammate: User) -> None:
    document = ready(collection, ENGLISH)
    client = signed_in(teammate)
    assert client.get(f"/api/v1/documents/{document.pk}").status_code == 200
    assert post(client, "/search", {"query": "leave", "collections": ["handbook"]}).json()["hits"]
    problem(client.delete(f"/api/v1/documents/{document.pk}"), 403)
    problem(upload(client, "handbook", ("a.md", b"x")), 403)
    services.set_member(collection=collection, user=teammate, role="editor")
    assert upload(client, "handbook", ("a.md", b"x")).status_code == 202


def test_a_public_collection_is_searched_without_an_account(collection: Collection) -> None:
    ready(collection, ENGLISH)
    services.update_collection(collection=collection, visibility="public")
    assert post(signed_in(None), "/search", {"query": "paid leave", "collections": ["handbook"]}).json()[
        "hits"
    ]


def test_a_key_has_its_persons_rights_and_a_wrong_key_none(collection: Collection, owner: User) -> None:
    services.update_collection(collection=collection, visibility="public")
    _key, text = create_api_key(user=owner, name="ci")
    client = signed_in(None)
    good = {"Authorization": f"Bearer {text}"}
    assert post(client, "/collections", {"name": "By key"}, **good).status_code == 201
    wrong = post(
        client, "/search", {"query": "x", "collections": ["handbook"]}, Authorization="Bearer youju_no"
    )
    problem(wrong, 401)
    owner.is_active = False
    owner.save()
    problem(post(client, "/collections", {"name": "No more"}, **good), 401)


def test_a_session_without_its_csrf_token_is_refused(owner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    problem(post(client, "/collections", {"name": "Forged"}), 403)


def test_an_unknown_document_is_a_problem_object(owner: User) -> None:
    problem(signed_in(owner).get(f"/api/v1/documents/{uuid.uuid4()}"), 404)
    problem(signed_in(owner).get("/api/v1/documents/not-an-id"), 422)


def test_openapi_describes_the_contract(owner: User) -> None:
    paths = signed_in(owner).get("/api/v1/openapi.json").json()["paths"]
    assert {
        "/api/v1/collections",
        "/api/v1/search",
        "/api/v1/chat",
        "/api/v1/documents/{document_id}",
    } <= set(paths)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("get", "search", 405), ("put", "collections", 405), ("get", "nowhere", 404)],
)
def test_what_the_api_does_not_have_is_a_problem_object_too(
    owner: User, method: str, path: str, status: int
) -> None:
    problem(getattr(signed_in(owner), method)(f"/api/v1/{path}"), status)


def test_half_a_character_is_refused_before_anything_is_stored(owner: User) -> None:
    client = signed_in(owner)
    for path, payload in (("/chat", '{"question": "\\ud800 x"}'), ("/collections", '{"name": "\\ud800"}')):
        problem(client.post(f"/api/v1{path}", payload, content_type="application/json"), 400)
    assert not Collection.objects.exists()


def test_documents_in_work_do_not_crowd_out_ready_ones(collection: Collection, owner: User) -> None:
    ready(collection, "# Quiet\n\nThe ferry leaves at seven.")
    long = "\n\n".join(f"# Ferry ferry {n}\n\nferry ferry ferry number {n} leaves. " * 3 for n in range(40))
    crowd = ready(collection, long)
    Document.objects.filter(pk=crowd.pk).update(status="processing", step="index")
    answer = post(signed_in(owner), "/search", {"query": "ferry", "collections": ["handbook"], "k": 3})
    assert [hit["document"] for hit in answer.json()["hits"]] == ["Quiet"]


def test_an_index_that_cannot_be_asked_is_503(collection: Collection, owner: User, settings: Any) -> None:
    settings.VECTOR_INDEX = {"BACKEND": "search.index.chroma.ChromaIndex", "OPTIONS": {"url": ""}}
    body = problem(
        post(signed_in(owner), "/search", {"query": "x", "collections": ["handbook"], "mode": "dense"}), 503
    )
    assert "vector server" in body["detail"]


def test_a_search_with_filters_an_order_and_pages(collection: Collection, owner: User) -> None:
    ready(collection, ENGLISH, "holidays.md")
    ready(collection, "Paid leave is counted in days.", "count.txt")
    client = signed_in(owner)

    def found(query: str, **more: Any) -> list[str]:
        answer = post(client, "/search", {"query": query, "mode": "lexical", **more}).json()
        return [hit["document"] for hit in answer["hits"]]

    assert sorted(found("paid leave")) == ["Holidays", "count"]
    assert found('"leave is counted"') == ["count"]
    assert found("paid leave", filters={"types": ["md"], "after": "7d"}) == ["Holidays"]
    assert found("paid leave", filters={"before": "2000"}) == []
    ranking = found("paid leave")
    first = post(client, "/search", {"query": "paid leave", "mode": "lexical", "k": 1}).json()
    assert first["next_offset"] == 1
    assert found("paid leave", k=1, offset=1) == ranking[1:] == found("paid leave", k=1, page=2)
    Document.objects.filter(name="count.txt").update(dated_on="2001-02-03")
    assert found("paid leave", sort="date") == ["Holidays", "count"]
    for wrong in ({"types": ["song"]}, {"after": "soon"}, {"sites": ["a b"]}):
        problem(post(client, "/search", {"query": "leave", "filters": wrong}), 422)
    problem(post(client, "/search", {"query": "leave", "sort": "magic"}), 422)
    assert found("type:md") == ["Holidays"]
