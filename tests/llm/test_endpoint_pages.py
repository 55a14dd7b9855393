"""The administrators' pages of language models, with and without our script."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from ingestion.models import Collection
from llm import endpoints, services
from llm.errors import Unavailable
from llm.models import Endpoint
from llm.openai import OpenAICompatible
from llm.types import Kind, Message, Request
from llm.vault import vault
from tests.conftest import signed_in
from tests.llm.openai_stub import OpenAIStub

pytestmark = pytest.mark.django_db
KEY = "sk-very-secret-1234"
LIST = "/settings/models/"
NEW = f"{LIST}new/openai/"


@pytest.fixture(autouse=True)
def _fresh() -> Any:
    endpoints.reset()
    yield
    endpoints.reset()


@pytest.fixture
def chief(admin: User) -> Client:
    return signed_in(admin)


def filled(**changes: Any) -> dict[str, Any]:
    """The form as it comes to the person, with a title typed."""
    fields = {
        "title": "Ours",
        "base_url": "http://127.0.0.1:9/v1",
        "model": "m",
        "parameters": "{}",
        "context_tokens": 8192,
        "max_tokens": 1024,
        "timeout_s": 60,
        "silence_s": 30,
        "concurrency": 4,
        "patience_s": 30,
        "currency": "USD",
        "is_enabled": "on",
    }
    return fields | changes


def endpoint(name: str, **fields: Any) -> Endpoint:
    given = {"title": name.title(), "kind": "openai", "base_url": "http://127.0.0.1:9/v1"} | fields
    return services.save_endpoint(endpoint=Endpoint(name=name, **given), api_key=KEY)


def html(client: Client, address: str) -> str:
    page = client.get(address)
    assert page.status_code == 200
    return page.content.decode()


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", LIST),
        ("get", f"{LIST}new/"),
        ("get", NEW),
        ("post", NEW),
        ("get", f"{LIST}one/"),
        ("post", f"{LIST}one/"),
        ("post", f"{LIST}one/test/"),
        ("post", f"{LIST}one/move/"),
        ("post", f"{LIST}one/delete/"),
        ("post", f"{LIST}default/"),
    ],
)
def test_only_administrators_come_in(owner: User, client: Client, method: str, address: str) -> None:
    endpoint("one")
    assert getattr(signed_in(owner), method)(address).status_code == 403
    assert getattr(client, method)(address)["Location"].startswith("/login/")
    assert Endpoint.objects.filter(name="one", is_default=True).exists()


def test_an_empty_list_says_what_to_do(chief: Client) -> None:
    page = html(chief, LIST)
    assert "No language model yet" in page
    assert f'href="{LIST}new/"' in page


def test_first_the_kind_then_a_form_with_its_presets(chief: Client) -> None:
    page = html(chief, f"{LIST}new/")
    assert f'href="{NEW}"' in page
    assert "extractive" not in page
    form = html(chief, NEW)
    assert 'value="http://127.0.0.1:11434/v1"' in form
    assert 'name="secret_key"' not in form
    assert 'value="USD"' in form
    assert 'value="CNY"' in html(chief, f"{LIST}new/qianfan/")
    assert chief.get(f"{LIST}new/extractive/").status_code == 404
    assert chief.get(f"{LIST}new/nothing/").status_code == 404


def test_a_kind_whose_package_is_missing_is_shown_and_cannot_be_chosen(
    chief: Client, settings: Settings
) -> None:
    settings.LLM_BACKENDS = settings.LLM_BACKENDS | {"lacking": "tests.llm.test_endpoint_pages.Lacking"}
    page = html(chief, f"{LIST}new/")
    assert "Needs the Python package no-such-package" in page
    assert f'href="{LIST}new/lacking/"' not in page


class Lacking(OpenAICompatible):
    """A kind that needs a package that nobody has."""

    kind = Kind(title="Lacking", package="no-such-package")


def test_a_model_is_added_and_its_key_is_sealed(chief: Client) -> None:
    assert chief.post(NEW, filled(api_key=KEY))["Location"] == LIST
    row = Endpoint.objects.get()
    assert (row.name, row.kind, row.is_default) == ("ours", "openai", True)
    assert vault().open(row.api_key_sealed) == KEY
    for address in (LIST, f"{LIST}ours/"):
        page = html(chief, address)
        assert "…1234" in page
        assert "very-secret" not in page and row.api_key_sealed not in page


def test_errors_stand_beside_their_fields_and_keep_what_was_typed_except_keys(chief: Client) -> None:
    wrong = filled(title="", base_url="ftp://x", max_tokens=9000, parameters="[1]", api_key=KEY, name="new")
    page = chief.post(NEW, wrong)
    text = page.content.decode()
    assert page.status_code == 422
    for field in ("title", "base_url", "max_tokens", "parameters", "name"):
        assert f'id="id_{field}_error"' in text, field
    assert 'value="ftp://x"' in text and 'value="9000"' in text
    assert KEY not in text
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize("url", ["", "127.0.0.1:80", "http://", "http://[::1", "https://me:pw@host/v1"])
def test_an_address_must_be_whole_and_hold_no_password(chief: Client, url: str) -> None:
    page = chief.post(NEW, filled(base_url=url))
    assert page.status_code == 422
    assert 'id="id_base_url_error"' in page.content.decode()


def test_an_empty_key_keeps_the_stored_one_and_a_box_removes_it(chief: Client) -> None:
    endpoint("one")
    address = f"{LIST}one/"
    assert "ends in …1234" in html(chief, address)
    assert chief.post(address, filled(title="Renamed")).status_code == 302
    row = Endpoint.objects.get()
    assert (row.title, vault().open(row.api_key_sealed)) == ("Renamed", KEY)
    assert chief.post(address, filled(remove_keys="on")).status_code == 302
    row = Endpoint.objects.get()
    assert (row.api_key_sealed, row.api_key_end, row.shown_keys) == ("", "", [])


def test_a_stored_key_does_not_follow_to_another_server(chief: Client) -> None:
    endpoint("one")
    moved = filled(base_url="http://elsewhere.example/v1")
    page = chief.post(f"{LIST}one/", moved)
    assert page.status_code == 422
    assert 'id="id_api_key_error"' in page.content.decode()
    assert chief.post(f"{LIST}one/", moved | {"api_key": "sk-another-key-5678"}).status_code == 302
    assert Endpoint.objects.get().api_key_end == "5678"


def test_a_lost_secret_does_not_break_the_pages(chief: Client, settings: Settings) -> None:
    endpoint("one")
    settings.ENCRYPTION_KEYS = "another-secret-" + "x" * 32
    for address in (LIST, f"{LIST}one/", "/settings/"):
        html(chief, address)
    assert chief.post(f"{LIST}one/test/").status_code == 302
    assert "Type the key again" in html(chief, LIST)


def test_the_test_button_shows_the_first_words_or_the_reason(chief: Client, stub: OpenAIStub) -> None:
    endpoint("one", base_url=stub.base_url, model="m")
    plain = chief.post(f"{LIST}one/test/", follow=True).content.decode()
    assert "m answered “Hello.”" in plain
    stub.fail(401, {"message": f"bad {KEY}"})
    part = chief.post(f"{LIST}one/test/", headers={"HX-Request": "true"}).content.decode()
    assert 'id="test-one"' in part and "<html" not in part
    assert "refuses the key" in part and "very-secret" not in part
    assert len(stub.chats) == 2


def test_a_model_that_rests_after_failures_is_marked(chief: Client, stub: OpenAIStub) -> None:
    stub.fail(503, {"message": "overloaded"})
    endpoint("one", base_url=stub.base_url, model="m", patience_s=0)
    (backend,) = endpoints.line_up()
    request = Request(messages=[Message("user", "hello")], question="hello")
    assert "resting" not in html(chief, LIST)
    for _time in range(5):
        with pytest.raises(Unavailable):
            list(backend.stream(request))
    assert "resting for" in html(chief, LIST)


def test_saving_can_test_at_once(chief: Client, stub: OpenAIStub) -> None:
    page = chief.post(NEW, filled(base_url=stub.base_url, test="1"), follow=True)
    assert "answered “Hello.”" in page.content.decode()
    assert Endpoint.objects.get().test_ok


def test_default_order_and_deletion(chief: Client) -> None:
    endpoint("one")
    endpoint("two")
    chief.post(f"{LIST}default/", {"name": "two"})
    assert Endpoint.objects.get(is_default=True).name == "two"
    chief.post(f"{LIST}two/move/", {"to": "up"})
    assert [row.name for row in Endpoint.objects.all()] == ["two", "one"]
    assert "for good" in html(chief, f"{LIST}two/delete/")
    chief.post(f"{LIST}two/delete/")
    chief.post(f"{LIST}default/", {"name": ""})
    assert [(row.name, row.is_default) for row in Endpoint.objects.all()] == [("one", False)]
    assert chief.get(f"{LIST}two/").status_code == 404


def test_what_the_environment_sets_is_read_only(chief: Client, settings: Settings) -> None:
    settings.LLM = {
        "BACKEND": "openai",
        "OPTIONS": {"base_url": "http://127.0.0.1:9/v1", "model": "m", "api_key": KEY},
    }
    address = f"{LIST}environment/"
    assert "environment variables" in html(chief, LIST)
    assert "read-only" in html(chief, address)
    sent = filled(base_url="http://elsewhere.example/v1", model="x", api_key="sk-other", price_prompt="0.5")
    assert chief.post(address, sent).status_code == 302
    row = Endpoint.objects.get()
    assert (row.base_url, row.model, row.api_key_end) == ("http://127.0.0.1:9/v1", "m", "1234")
    assert row.price_prompt is not None
    assert chief.post(f"{address}delete/")["Location"] == LIST
    assert Endpoint.objects.exists()


def test_the_environments_row_can_go_when_its_variables_are_gone(chief: Client, settings: Settings) -> None:
    settings.LLM = {"BACKEND": "openai", "OPTIONS": {"base_url": "http://127.0.0.1:9/v1"}}
    html(chief, LIST)
    settings.LLM = {"BACKEND": "", "OPTIONS": {}}
    endpoints.reset()
    assert "Not in use" in html(chief, LIST)
    address = f"{LIST}environment/"
    assert "are gone" in html(chief, address)
    assert chief.post(address, filled()).status_code == 302
    assert not Endpoint.objects.get().is_enabled
    chief.post(f"{address}delete/")
    assert not Endpoint.objects.exists()


def test_the_list_asks_the_database_once_for_all(
    chief: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    html(chief, LIST)
    for number in range(6):
        endpoint(f"m{number}")
    with django_assert_num_queries(3):  # the session, the account, the endpoints
        html(chief, LIST)


def test_a_collection_chooses_its_model(collection: Collection, owner: User) -> None:
    endpoint("one")
    client, address = signed_in(owner), "/collections/handbook/settings/"
    page = html(client, address)
    assert "The site&#x27;s default: One" in page and 'value="extractive"' in page
    form = {"name": "Handbook", "visibility": "private", "llm": "one"}
    assert client.post(address, form).status_code == 302
    collection.refresh_from_db()
    assert collection.llm == "one"
    services.delete_endpoint(endpoint=Endpoint.objects.get())
    assert "no longer in use" in html(client, address)
    assert client.post(address, form).status_code == 302
    assert client.post(address, form | {"llm": "never-there"}).status_code == 422
