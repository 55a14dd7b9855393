from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_save


class IngestionConfig(AppConfig):
    name = "ingestion"

    def ready(self) -> None:
        from django_celery_beat.models import CrontabSchedule, IntervalSchedule

        for model in (IntervalSchedule, CrontabSchedule):
            post_save.connect(_follow_schedule, sender=model, dispatch_uid=f"sources-of-{model.__name__}")


def _follow_schedule(instance: Any, created: bool, **_: Any) -> None:
    """A schedule that was edited in the administration: its sources get their next time from it."""
    from ingestion import schedules

    if not created:
        schedules.reset(schedules.sources_on(instance))
