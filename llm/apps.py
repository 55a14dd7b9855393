from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class LlmConfig(AppConfig):
    name = "llm"
    verbose_name = _("Language models")

    def ready(self) -> None:
        post_migrate.connect(_after_migrate, sender=self)


def _after_migrate(sender: AppConfig, using: str, **_kwargs: Any) -> None:
    """The endpoint of the environment, and keys sealed with the newest secret."""
    from llm import environment, services
    from llm.models import Endpoint

    connection = connections[using]
    if Endpoint._meta.db_table in connection.introspection.table_names():
        environment.follow()
        services.reseal()
