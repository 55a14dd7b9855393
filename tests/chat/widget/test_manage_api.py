"""Widgets through the HTTP API."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import create_api_key
from chat.widget.models import Widget
from ingestion.models import Collection
from tests.chat.widget.conftest import HOME

pytestmark = pytest.mark.django_db
BASE = "/api/v1/collections/handbook/widgets"


def call(user: User, method: str, path: str = "", body: object = None) -> Any:
    _key, text = create_api_key(user=user, name="test")
    return Client().generic(
        method,
        BASE + path,
        json.dumps(body or {}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )


def test_an_editor_makes_changes_switches_and_deletes_one(owner: User, collection: Collection) -> None:
    made = call(owner, "POST", body={"name": "Help", "origins": [f"{HOME}/a"], "questions": ["One?", "Two?"]})
    assert made.status_code == 201
    widget = made.json()
    assert (widget["origins"], widget["questions"], widget["is_on"]) == ([HOME], ["One?", "Two?"], True)
    assert widget["script"].endswith(f"/widget/{widget['id']}.js")
    assert [one["id"] for one in call(owner, "GET").json()["results"]] == [widget["id"]]
    path = f"/{widget['id']}"
    changed = call(owner, "PATCH", path, {"is_on": False, "visitor_limit": 3}).json()
    assert (changed["is_on"], changed["visitor_limit"], changed["questions"]) == (False, 3, ["One?", "Two?"])
    refused = call(owner, "PATCH", path, {"origins": ["https://*.example.org"], "accent": "red"})
    assert refused.status_code == 422 and refused.json()["type"] == "/problems/invalid"
    assert "*.example.org" in refused.json()["detail"] and "accent" in refused.json()["detail"]
    assert call(owner, "DELETE", path).status_code == 204
    assert not Widget.objects.exists()


def test_others_may_not(widget: Widget, teammate: User, stranger: User) -> None:
    for person, status in ((teammate, 403), (stranger, 404)):
        assert call(person, "GET").status_code == status
        assert call(person, "POST", body={"name": "x", "origins": [HOME]}).status_code == status
        assert call(person, "PATCH", f"/{widget.pk}", {"is_on": False}).status_code == status
        assert call(person, "DELETE", f"/{widget.pk}").status_code == status
    assert Client().get(BASE).status_code == 401
    assert Widget.objects.get().is_on
