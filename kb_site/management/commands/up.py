"""``manage.py up``"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from kb_site.supervisor import Supervisor


class Command(BaseCommand):
    help = "Starts everything in the foreground and serves until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        Supervisor(options["port"]).run()
