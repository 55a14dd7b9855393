from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from kb_site import env


def test_a_value_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key"
    file.write_text("from the file\n")
    monkeypatch.setenv("SOME_KEY_FILE", str(file))
    monkeypatch.setenv("SOME_KEY", "from the variable")
    assert env.env_str("SOME_KEY") == "from the file"


def test_a_missing_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY_FILE", "/nowhere/key")
    with pytest.raises(ImproperlyConfigured, match="SOME_KEY_FILE=/nowhere/key"):
        env.env_str("SOME_KEY")


@pytest.mark.parametrize(("raw", "value"), [("1", True), ("Yes", True), ("off", False), ("", False)])
def test_yes_and_no(raw: str, value: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAG", raw)
    assert env.env_bool("FLAG", default=not value) is value


def test_a_flag_that_is_neither_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAG", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="FLAG='perhaps'"):
        env.env_bool("FLAG", default=True)


def test_a_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = env.secret("SIGNING_KEY", tmp_path / "secrets")
    assert len(first) >= 32
    assert env.secret("SIGNING_KEY", tmp_path / "secrets") == first
    assert (tmp_path / "secrets" / "signing_key").stat().st_mode & 0o777 == 0o600


def test_a_secret_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    with pytest.raises(ImproperlyConfigured, match="cannot be"):
        env.secret("SIGNING_KEY", tmp_path / "data" / "secrets")
