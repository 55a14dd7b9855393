"""The short way to a new database leads where all migrations lead."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django import DjangoDbBlocker

from kb_site.fresh_database import make_tables


@contextmanager
def new_database(file: Path, blocker: DjangoDbBlocker) -> Iterator[BaseDatabaseWrapper]:
    """For as long, ``default`` is an SQLite file that nothing was written to."""
    usual = connections["default"]
    own = {"ENGINE": "django.db.backends.sqlite3", "NAME": file}
    with blocker.unblock(), patch.dict(connections.databases["default"], own):
        connections["default"] = connections.create_connection("default")
        try:
            yield connections["default"]
        finally:
            connections["default"].close()
            connections["default"] = usual


def made_by(command: str | BaseCommand, file: Path, blocker: DjangoDbBlocker) -> sqlite3.Connection:
    with new_database(file, blocker):
        call_command(command, verbosity=0)
    made = sqlite3.connect(file)
    made.row_factory = sqlite3.Row
    return made


def schema(database: sqlite3.Connection) -> dict[str, list[str]]:
    """What each table, index and constraint is made of; the order of columns says nothing."""
    made_by = database.execute("SELECT name, sql FROM sqlite_master").fetchall()
    return {
        name: sorted(re.split(r", (?![^(]*\))", re.sub(r"^[^(]*\(|\)$", "", sql or "")))
        for name, sql in made_by
    }


def rows(database: sqlite3.Connection) -> dict[str, list[list[tuple[str, object]]]]:
    """Of every table; when it was made, and how often its numbers were used before, is left out."""
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'sqlite_sequence'"
    found = {}
    for (name,) in database.execute(tables).fetchall():
        held = [dict(row) for row in database.execute(f'SELECT * FROM "{name}"')]
        if name == "django_migrations":
            held = [{"app": row["app"], "name": row["name"]} for row in held]
        found[name] = sorted(sorted(row.items()) for row in held)
    return found


def test_tables_and_rows_are_those_of_all_migrations(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    by_steps = made_by(migrate.Command(), tmp_path / "by_steps", django_db_blocker)
    at_once = made_by("migrate", tmp_path / "at_once", django_db_blocker)
    with closing(by_steps), closing(at_once):
        assert schema(at_once) == schema(by_steps)
        assert len(schema(at_once)) > 50
        assert rows(at_once) == rows(by_steps)
        assert rows(at_once)["django_migrations"]


def test_what_was_cut_off_is_begun_anew_and_what_is_there_stays(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_database(tmp_path / "database", django_db_blocker) as connection:
        with monkeypatch.context() as patched:
            patched.setattr("django.db.models.query.QuerySet.bulk_create", _cut_off)
            with pytest.raises(KeyboardInterrupt):
                make_tables(connection)
        assert connection.introspection.table_names() == []
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE somebodys (id integer)")
        make_tables(connection)
        assert connection.introspection.table_names() == ["somebodys"]


def _cut_off(*_arguments: object) -> None:
    raise KeyboardInterrupt
