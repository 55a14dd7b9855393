"""``manage.py up``"""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from kb_site.supervisor import Supervisor


class Command(BaseCommand):
    help = "Starts everything in the foreground and serves until stopped."

    requires_system_checks = ()  # the supervisor checks the site while the web process loads its model

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"]
        if port != settings.PORT:  # other settings follow it
            os.environ["PORT"] = str(port)
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
        Supervisor(port).run()
