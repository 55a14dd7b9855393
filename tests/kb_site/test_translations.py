"""The Simplified Chinese of the site: complete, compiled, with its placeholders whole."""

import re
import shutil
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command

_ROOT = Path(settings.BASE_DIR)
_FOLDER = Path("kb_site", "locale", "zh_Hans", "LC_MESSAGES")
_SOURCES = ("accounts", "chat", "ingestion", "kb_site", "llm", "search", "templates")
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}|</?\w[^>]*>")


def _catalog(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans", abort_invalid=True)


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def _messages(catalog: Catalog) -> dict[tuple[str, ...], Message]:
    return {_forms(message.id): message for message in catalog if message.id}


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    return _catalog(_ROOT / _FOLDER / "django.po")


def test_every_message_is_translated(chinese: Catalog) -> None:
    messages = _messages(chinese)
    assert len(messages) > 400
    assert not chinese.fuzzy
    unfinished = [
        ids for ids, message in messages.items() if message.fuzzy or not any(_forms(message.string))
    ]
    assert unfinished == []


def test_placeholders_are_whole(chinese: Catalog) -> None:
    """One Chinese form stands for all numbers, so it has the placeholders of the plural."""
    broken = [
        ids
        for ids, message in _messages(chinese).items()
        if sorted(_PLACEHOLDER.findall(ids[-1])) != sorted(_PLACEHOLDER.findall(_forms(message.string)[0]))
    ]
    assert broken == []


def test_the_compiled_catalogue_is_the_written_one(chinese: Catalog) -> None:
    with (_ROOT / _FOLDER / "django.mo").open("rb") as file:
        compiled = _messages(read_mo(file))
    written = {ids: _forms(message.string) for ids, message in _messages(chinese).items()}
    assert {ids: _forms(message.string) for ids, message in compiled.items()} == written, (
        "run `make messages`"
    )


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="gettext's xgettext is not installed")
def test_every_message_of_the_sources_is_in_the_catalogue(
    chinese: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in _SOURCES:
        shutil.copytree(_ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("locale", "__pycache__"))
    fresh = tmp_path / _FOLDER / "django.po"
    fresh.parent.mkdir(parents=True)
    shutil.copy(_ROOT / _FOLDER / "django.po", fresh)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "LOCALE_PATHS", [str(tmp_path / "kb_site" / "locale")])
    call_command("makemessages", locale=["zh_Hans"], no_obsolete=True, verbosity=0)
    missing = _messages(_catalog(fresh)).keys() - _messages(chinese).keys()
    assert sorted(missing) == [], "run `make messages` and translate what is new"
