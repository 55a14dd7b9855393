"""The API of insights."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import rate_limits
from accounts.models import User
from accounts.services import create_api_key
from chat.insights.models import Material
from ingestion.models import Collection, Document
from tests.chat.insights.test_services import COAST
from tests.conftest import signed_in
from tests.ingestion.material import ready

pytestmark = pytest.mark.django_db


def call(user: User, method: str, path: str, body: Any = None) -> Any:
    _row, key = create_api_key(user=user, name="tests")
    send = getattr(Client(), method)
    headers = {"Authorization": f"Bearer {key}"}
    if body is None:
        return send(f"/api/v1{path}", headers=headers)
    return send(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=headers)


def test_a_program_has_insights_made_reads_and_deletes_them(
    collection: Collection, owner: User, teammate: User, stranger: User
) -> None:
    document: Document = ready(collection, COAST, "coast.md")
    path = f"/documents/{document.pk}/insights"
    made = call(owner, "post", path, {"kind": "summary", "length": "short", "wait": True})
    assert made.status_code == 200, made.content
    told = made.json()
    assert (told["status"], told["by"], told["outdated"]) == ("done", "owner", False)
    assert told["citations"][0]["url"].startswith(f"/documents/{document.pk}/?p=")
    listed = call(teammate, "get", f"{path}?kind=summary").json()
    assert [one["id"] for one in listed["results"]] == [told["id"]]
    assert call(owner, "get", f"/insights/{told['id']}").json()["text"] == told["text"]
    assert call(teammate, "delete", f"/insights/{told['id']}").status_code == 403
    for method, address in (
        ("get", path),
        ("get", f"/insights/{told['id']}"),
        ("delete", f"/insights/{told['id']}"),
    ):
        assert call(stranger, method, address).status_code == 404
    assert call(owner, "delete", f"/insights/{told['id']}").status_code == 204
    assert call(owner, "get", path).json()["count"] == 0


def test_what_cannot_be_made_is_a_problem_object(collection: Collection, owner: User) -> None:
    document: Document = ready(collection, COAST, "coast.md")
    path = f"/documents/{document.pk}/insights"
    for body, code in (
        ({"kind": "poem"}, "bad_parameters"),
        ({"kind": "fact"}, "bad_parameters"),
        ({"kind": "sentiment"}, "needs_model"),
    ):
        answer = call(owner, "post", path, body)
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
        assert answer.json()["type"] == f"/problems/{code}"
    for body in (
        {},
        {"text": "a", "url": "https://example.org/"},
        {"url": "ftp://example.org/"},
        {"url": "nonsense"},
        {"url": "javascript:alert(1)"},
        {"text": "…"},
    ):
        answer = call(owner, "post", "/insights", {"kind": "summary", **body})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bad_text")
    pasted = call(owner, "post", "/insights", {"kind": "summary", "text": COAST, "wait": True}).json()
    assert pasted["status"] == "done" and pasted["text_id"] and pasted["document_id"] is None


def test_nothing_is_stored_for_who_may_not_ask_now_or_has_no_model(owner: User, settings: Settings) -> None:
    settings.RATE_LIMITS = {"chat": "1/minute"}
    settings.MAX_KEPT_TEXTS = 1
    rate_limits.reset()
    kind = {"kind": "sentiment", "text": COAST}
    assert call(owner, "post", "/insights", kind).json()["type"] == "/problems/needs_model"
    often = call(owner, "post", "/insights", {"kind": "summary", "text": COAST})
    assert often.status_code == 429 and not Material.objects.exists()
    for unclear in ({"kind": "summary", "text": "…"}, {"kind": "poem", "text": COAST}):
        assert call(owner, "post", "/insights", unclear).status_code == 422, "what is wrong is said first"


def test_a_person_keeps_so_many_texts_and_deletes_some_for_more(
    owner: User, stranger: User, settings: Settings
) -> None:
    settings.MAX_KEPT_TEXTS = 2
    body = {"kind": "summary", "text": COAST, "wait": True}
    made = [call(owner, "post", "/insights", body).json() for _ in range(2)]
    full = call(owner, "post", "/insights", body)
    assert (full.status_code, full.json()["type"]) == (409, "/problems/too_many_texts")
    assert "2 texts and pages" in full.json()["detail"] and "delete some" in full.json()["detail"]
    assert call(stranger, "post", "/insights", body).status_code == 200
    page = signed_in(owner).post("/insights/", {"text": COAST})
    assert page.status_code == 422 and "delete some first" in page.content.decode()
    kept = call(owner, "get", "/insights/texts").json()
    assert (kept["count"], kept["most"]) == (2, 2)
    one = f"/insights/texts/{made[0]['text_id']}"
    assert call(stranger, "delete", one).status_code == 404
    assert call(owner, "delete", one).status_code == 204
    assert call(owner, "get", f"/insights/{made[0]['id']}").status_code == 404
    assert call(owner, "post", "/insights", body).status_code == 200
