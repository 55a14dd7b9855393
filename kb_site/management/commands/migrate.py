"""``manage.py migrate``: Django's own, quicker with a new database."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from kb_site.fresh_database import make_tables


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        partly = ("app_label", "plan", "check_unapplied", "fake", "fake_initial", "prune", "run_syncdb")
        if not any(options.get(name) for name in partly):
            make_tables(connections[options["database"]])
        super().handle(*args, **options)
