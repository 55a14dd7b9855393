"""The first visit, and the sample collection."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import new_setup_token
from ingestion.models import Collection
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db

GOOD = {
    "username": "admin",
    "password": "correct-horse-9",
    "language": "zh-hans",
    "start": "own",
    "collection": "公司制度",
}


def test_before_the_first_visit_every_page_explains_the_link(client: Client) -> None:
    answer = client.get("/collections/")
    assert answer.status_code == 503
    assert b"/welcome/" in answer.content


def test_one_page_makes_administrator_language_and_collection(client: Client) -> None:
    address = f"/welcome/{new_setup_token()}/"
    assert client.get(address).status_code == 200
    answer = client.post(address, GOOD)
    collection = Collection.objects.get()
    assert answer["Location"] == collection.get_absolute_url()
    assert collection.name == "公司制度"
    user = User.objects.get()
    assert (user.is_superuser, user.language) == (True, "zh-hans")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert answer.cookies["django_language"].value == "zh-hans"
    assert client.get(address).status_code == 410


def test_the_sample_can_be_the_first_collection(client: Client) -> None:
    client.post(f"/welcome/{new_setup_token()}/", GOOD | {"start": "sample", "collection": ""})
    collection = Collection.objects.get()
    assert collection.is_sample
    assert collection.documents.count() > 2


def test_errors_keep_what_was_typed_and_the_link(client: Client) -> None:
    address = f"/welcome/{new_setup_token()}/"
    weak = client.post(address, GOOD | {"username": "wanda", "password": "123"})
    assert weak.status_code == 422
    assert 'id="id_password_error"' in weak.content.decode()
    assert 'value="wanda"' in weak.content.decode()
    nameless = client.post(address, GOOD | {"collection": " "})
    assert 'id="id_collection_error"' in nameless.content.decode()
    assert not User.objects.exists()
    assert client.post(address, GOOD).status_code == 302


def test_a_wrong_link_is_refused(client: Client) -> None:
    new_setup_token()
    assert client.post("/welcome/nonsense/", GOOD).status_code == 410
    assert not User.objects.exists()


def test_the_sample_is_loaded_with_one_click_and_once(owner: User) -> None:
    client = signed_in(owner)
    first, second = client.post("/collections/sample/load/"), client.post("/collections/sample/load/")
    assert first["Location"] == second["Location"]
    assert Collection.objects.filter(is_sample=True).count() == 1
    assert signed_in(None).post("/collections/sample/load/")["Location"].startswith("/login/")
