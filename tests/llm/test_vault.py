"""Sealing keys, losing the secret, and changing it."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from llm.vault import KeyLost, Vault, vault

OLD, NEW = "old-secret-" + "o" * 32, "new-secret-" + "n" * 32
KEY = "sk-very-secret-1234"


def test_a_sealed_key_comes_back_and_shows_nothing() -> None:
    sealed = Vault([OLD]).seal(KEY)
    assert "secret" not in sealed
    assert sealed != Vault([OLD]).seal(KEY)
    assert Vault([OLD]).open(sealed) == KEY
    assert Vault([OLD]).open(Vault([OLD]).seal("")) == ""


def test_another_secret_says_what_to_do_and_not_what_is_sealed() -> None:
    sealed = Vault([OLD]).seal(KEY)
    with pytest.raises(KeyLost, match="Type the key again") as raised:
        Vault([NEW]).open(sealed)
    assert raised.value.permanent
    assert KEY not in str(raised.value) and sealed not in str(raised.value)
    with pytest.raises(KeyLost):
        Vault([NEW]).open("no token at all")


def test_a_new_secret_in_front_opens_what_the_old_one_sealed() -> None:
    sealed = Vault([OLD]).seal(KEY)
    both = Vault([NEW, OLD])
    assert both.open(sealed) == KEY
    assert not both.is_current(sealed)
    assert both.is_current(both.seal(KEY))
    assert Vault([NEW]).open(both.seal(KEY)) == KEY


@pytest.mark.parametrize("secrets", [[], ["short"], [OLD, "short"]])
def test_a_secret_must_be_long(secrets: list[str]) -> None:
    with pytest.raises(ImproperlyConfigured, match="32 characters") as raised:
        Vault(secrets)
    assert "short" not in str(raised.value)


@pytest.mark.parametrize("text", [f"{NEW},{OLD}", f"{NEW}, {OLD}", f"{NEW}\n{OLD}\n"])
def test_the_settings_may_list_several(text: str, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = text
    assert vault().open(Vault([OLD]).seal(KEY)) == KEY
    assert Vault([NEW]).is_current(vault().seal(KEY))
