"""Signing in, appearance, keys, users and the pages of errors."""

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client

from accounts.models import ApiKey, User
from accounts.services import user_for_api_key
from llm.models import Endpoint
from llm.services import save_endpoint
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db


def test_signing_in_leads_on_and_brings_the_language(client: Client, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(language="zh-hans")
    form = {"username": "owner", "password": "owner-secret", "next": "/collections/"}
    answer = client.post("/login/?next=/collections/", form)
    assert answer["Location"] == "/collections/"
    assert answer.cookies["django_language"].value == "zh-hans"
    assert client.post("/logout/")["Location"] == "/"


def test_a_wrong_password_says_so_and_keeps_the_name(client: Client, owner: User) -> None:
    html = client.post("/login/", {"username": "owner", "password": "wrong"}).content.decode()
    assert 'value="owner"' in html
    assert 'role="alert"' in html


def test_the_theme_is_kept_in_the_account_or_a_cookie(client: Client, owner: User) -> None:
    answer = client.post("/theme/", {"theme": "dark", "next": "/collections/"})
    assert answer["Location"] == "/collections/"
    assert 'data-theme="dark"' in client.get("/login/").content.decode()
    mine = signed_in(owner)
    assert mine.post("/theme/", {"theme": "light"}, headers={"X-Requested-With": "fetch"}).status_code == 204
    owner.refresh_from_db()
    assert owner.theme == "light"
    assert 'data-theme="light"' in mine.get("/settings/").content.decode()
    assert client.post("/theme/", {"theme": "pink", "next": "https://evil.example"})["Location"] == "/"
    assert 'data-theme="dark"' in client.get("/login/").content.decode()


def test_the_language_switch_is_remembered_by_the_account(owner: User) -> None:
    client = signed_in(owner)
    client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/settings/"})
    owner.refresh_from_db()
    assert owner.language == "zh-hans"
    assert '<html lang="zh-hans"' in client.get("/settings/").content.decode()


def test_appearance_is_saved(owner: User) -> None:
    client = signed_in(owner)
    answer = client.post("/settings/appearance/", {"language": "zh-hans", "theme": "dark"})
    assert answer.cookies["django_language"].value == "zh-hans"
    owner.refresh_from_db()
    assert (owner.language, owner.theme) == ("zh-hans", "dark")
    assert client.post("/settings/appearance/", {"language": "xx", "theme": "dark"}).status_code == 422


def test_a_key_is_shown_once_and_can_be_revoked(owner: User, stranger: User) -> None:
    client = signed_in(owner)
    html = client.post("/settings/keys/", {"key-name": "nightly import"}).content.decode()
    match = re.search(r"youju_[\w-]{20,}", html)
    assert match is not None
    assert user_for_api_key(match[0]) == owner
    assert match[0] not in client.get("/settings/").content.decode()
    key = ApiKey.objects.get()
    signed_in(stranger).post(f"/settings/keys/{key.pk}/revoke/")
    assert ApiKey.objects.exists()
    client.post(f"/settings/keys/{key.pk}/revoke/")
    assert user_for_api_key(match[0]) is None


def test_a_key_needs_a_name(owner: User) -> None:
    answer = signed_in(owner).post("/settings/keys/", {"key-name": " "})
    assert answer.status_code == 422
    assert 'id="id_key-name_error"' in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_a_reload_of_a_refused_form_leads_back_to_the_settings(owner: User) -> None:
    client = signed_in(owner)
    for address in ("/settings/appearance/", "/settings/keys/", "/settings/users/"):
        assert client.get(address)["Location"].startswith("/settings/")
    assert not ApiKey.objects.exists()


def test_administrators_add_users_and_nobody_else_does(admin: User, owner: User) -> None:
    form = {"user-username": "wanda", "user-password": "correct-horse-9"}
    assert signed_in(owner).post("/settings/users/", form).status_code == 403
    assert not User.objects.filter(username="wanda").exists()
    assert signed_in(admin).post("/settings/users/", form).status_code == 302
    wanda = User.objects.get(username="wanda")
    assert wanda.check_password("correct-horse-9")
    assert not wanda.is_superuser
    taken = signed_in(admin).post("/settings/users/", form)
    assert taken.status_code == 422
    assert 'id="id_user-username_error"' in taken.content.decode()
    weak = signed_in(admin).post("/settings/users/", {"user-username": "w2", "user-password": "1"})
    assert 'id="id_user-password_error"' in weak.content.decode()


def test_other_users_are_shown_to_administrators_only(admin: User, owner: User, stranger: User) -> None:
    assert "stranger" in signed_in(admin).get("/settings/").content.decode()
    assert "stranger" not in signed_in(owner).get("/settings/").content.decode()


def test_the_language_model_is_named_and_its_key_is_not(owner: User, admin: User) -> None:
    assert "No language model is used" in signed_in(owner).get("/settings/").content.decode()
    endpoint = Endpoint(title="Ours", kind="openai", base_url="http://127.0.0.1:9/v1", model="small-model")
    save_endpoint(endpoint=endpoint, api_key="sk-very-secret-1234")
    html = signed_in(owner).get("/settings/").content.decode()
    assert "small-model" in html
    for hidden in ("sk-very-secret", "1234", "127.0.0.1:9", "/settings/models/"):
        assert hidden not in html
    assert "/settings/models/" in signed_in(admin).get("/settings/").content.decode()


def test_settings_and_keys_are_for_people_who_signed_in(client: Client, owner: User) -> None:
    assert client.get("/settings/")["Location"] == "/login/?next=/settings/"
    for address in ("/settings/keys/", "/settings/users/", "/settings/appearance/"):
        assert client.post(address)["Location"].startswith("/login/")


def test_a_password_is_changed(owner: User) -> None:
    form = {"old_password": "owner-secret", "new_password1": "new-horse-22", "new_password2": "new-horse-22"}
    assert signed_in(owner).post("/settings/password/", form).status_code == 302
    owner.refresh_from_db()
    assert owner.check_password("new-horse-22")


def test_errors_have_pages_of_their_own(client: Client, owner: User) -> None:
    missing = client.get("/nothing/here/")
    assert missing.status_code == 404
    assert "nothing you may see" in missing.content.decode()
    strict = Client(enforce_csrf_checks=True)
    refused = strict.post("/login/", {"username": "owner", "password": "owner-secret"})
    assert refused.status_code == 403
    assert "out of date" in refused.content.decode()


def test_no_page_needs_inline_scripts_or_styles(owner: User) -> None:
    client = signed_in(owner)
    for address in ("/", "/collections/", "/runs/", "/settings/", "/login/", "/collections/new/"):
        html = client.get(address, follow=True).content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)", html), address
        assert not re.search(r"<[^>]+\s(style|on\w+)=", html), address
        assert "<style" not in html
        assert 'class="skip-link"' in html


def test_the_page_of_a_crash_needs_nothing_of_the_site() -> None:
    html = render_to_string("500.html")
    assert "Nothing you uploaded is lost" in html
