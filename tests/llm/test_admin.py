"""Endpoints in Django's admin: keys go in and never come out."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import User
from llm import services
from llm.models import Endpoint
from llm.vault import vault
from tests.conftest import signed_in
from tests.llm.openai_stub import OpenAIStub

pytestmark = pytest.mark.django_db
KEY = "sk-very-secret-1234"
LIST = "/admin/llm/endpoint/"


@pytest.fixture
def chief(admin: User) -> Client:
    return signed_in(admin)


def filled(**changes: Any) -> dict[str, Any]:
    fields = {
        "kind": "openai",
        "title": "Ours",
        "base_url": "http://127.0.0.1:9/v1",
        "model": "m",
        "context_tokens": 8192,
        "max_tokens": 1024,
        "timeout_s": 60,
        "silence_s": 30,
        "parameters": "{}",
        "concurrency": 4,
        "patience_s": 30,
        "currency": "USD",
        "is_enabled": "on",
    }
    return fields | changes


def test_an_endpoint_is_added_changed_and_its_key_never_shown(chief: Client) -> None:
    assert chief.get(f"{LIST}add/").status_code == 200
    assert chief.post(f"{LIST}add/", filled(api_key=KEY)).status_code == 302
    row = Endpoint.objects.get()
    assert (row.name, row.is_default, vault().open(row.api_key_sealed)) == ("ours", True, KEY)
    address = f"{LIST}{row.pk}/change/"
    assert chief.post(address, filled(title="Renamed")).status_code == 302
    row.refresh_from_db()
    assert (row.title, vault().open(row.api_key_sealed)) == ("Renamed", KEY)
    for page in (address, LIST, f"{LIST}{row.pk}/history/"):
        text = chief.get(page).content.decode()
        assert "very-secret" not in text and row.api_key_sealed not in text
    assert all("very-secret" not in entry.change_message for entry in LogEntry.objects.all())


def test_a_kind_asks_for_what_it_needs(chief: Client) -> None:
    page = chief.post(f"{LIST}add/", filled(base_url=""))
    assert page.status_code == 200
    assert "This kind of model needs it." in page.content.decode()
    assert not Endpoint.objects.exists()


def test_the_kind_stays(chief: Client) -> None:
    row = services.save_endpoint(endpoint=Endpoint(title="One", kind="openai", base_url="http://x.example"))
    chief.post(f"{LIST}{row.pk}/change/", filled(kind="qianfan", base_url="http://x.example"))
    row.refresh_from_db()
    assert row.kind == "openai"


def test_the_test_button_asks_the_model(chief: Client, stub: OpenAIStub) -> None:
    row = services.save_endpoint(endpoint=Endpoint(title="One", kind="openai", base_url=stub.base_url))
    form = filled(base_url=stub.base_url, _try="1")
    page = chief.post(f"{LIST}{row.pk}/change/", form, follow=True)
    assert "answered “Hello.”" in page.content.decode()
    row.refresh_from_db()
    assert row.test_ok


def test_one_becomes_the_default_by_an_action(chief: Client) -> None:
    services.save_endpoint(endpoint=Endpoint(title="One", kind="openai"))
    two = services.save_endpoint(endpoint=Endpoint(title="Two", kind="openai"))
    chief.post(LIST, {"action": "make_default", "_selected_action": [two.pk]})
    assert Endpoint.objects.get(is_default=True) == two


def test_others_do_not_come_in(owner: User) -> None:
    assert signed_in(owner).get(LIST).status_code == 302
