"""The API of insights."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import create_api_key
from ingestion.models import Collection, Document
from tests.chat.insights.test_services import COAST
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
        {"text": "…"},
    ):
        answer = call(owner, "post", "/insights", {"kind": "summary", **body})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bad_text")
    pasted = call(owner, "post", "/insights", {"kind": "summary", "text": COAST, "wait": True}).json()
    assert pasted["status"] == "done" and pasted["text_id"] and pasted["document_id"] is None
