"""``manage.py apikey NAME --user USER``"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.models import User
from accounts.services import create_api_key
from kb_site.commands import DataCommand
from kb_site.services import Running


class Command(DataCommand):
    help = "Makes an API key and shows it once."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name")
        parser.add_argument("--user", required=True, help="the name of the person whose rights the key has")

    def work(self, options: dict[str, Any], running: Running | None) -> dict[str, Any]:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            known = ", ".join(User.objects.filter(is_active=True).values_list("username", flat=True)[:20])
            raise CommandError(f"There is no user “{options['user']}”. Known: {known or 'none yet'}.")
        key, text = create_api_key(user=user, name=options["name"])
        return {"name": key.name, "key": text}

    def show(self, result: dict[str, Any]) -> None:
        self.stdout.write(f"{result['name']}: {result['key']}\nKeep it: it cannot be shown again.")
