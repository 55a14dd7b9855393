"""Servers that load a model when it is asked for, or whose quota fills once a minute, need longer than 30 s."""

from typing import Any

from django.db import migrations

BEFORE_S = 30
PATIENCE_S = {"bloom": 180, "ernie": 90, "qianfan": 90}


def wait_longer(apps: Any, schema_editor: Any) -> None:
    """What somebody set to another number stays."""
    endpoints = apps.get_model("llm", "Endpoint").objects.filter(patience_s=BEFORE_S)
    for kind, seconds in PATIENCE_S.items():
        endpoints.filter(kind=kind).update(patience_s=seconds)


class Migration(migrations.Migration):
    dependencies = [("llm", "0001_initial")]

    operations = [migrations.RunPython(wait_longer, migrations.RunPython.noop)]
