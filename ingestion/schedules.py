"""When a source is looked at next: an interval or a crontab of django-celery-beat.

The rows are shared between sources and edited in the administration too. The next time is stored with each
source, so that a lost message costs no look; see docs/decisions/015.
"""

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from celery.schedules import ParseException
from celery.schedules import crontab as celery_crontab
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_celery_beat.models import CrontabSchedule, IntervalSchedule

from ingestion.errors import IngestionError
from ingestion.source_models import Source

MINUTES = IntervalSchedule.MINUTES


class BadSchedule(IngestionError):
    """A crontab that says nothing."""

    code = "bad_schedule"


class Often(models.IntegerChoices):
    """What people choose from, in minutes."""

    OFF = 0, gettext_lazy("only when asked")
    QUARTER = 15, gettext_lazy("every 15 minutes")
    HOUR = 60, gettext_lazy("every hour")
    SIX_HOURS = 360, gettext_lazy("every 6 hours")
    DAY = 1440, gettext_lazy("every day")
    WEEK = 10080, gettext_lazy("every week")


def every(minutes: int) -> IntervalSchedule | None:
    """The row for so many minutes; ``None`` for 0."""
    if not minutes:
        return None
    found = IntervalSchedule.objects.filter(every=minutes, period=MINUTES).first()
    return found or IntervalSchedule.objects.create(every=minutes, period=MINUTES)


def crontab(text: str, zone: str = "") -> CrontabSchedule | None:
    """The row for five fields (minute, hour, day of the month, month, day of the week; crontab(5)) in the
    time zone ``zone``, the site's where it is empty; ``None`` for no text. Raises ``BadSchedule``."""
    fields = text.split()
    if not fields:
        return None
    if len(fields) != 5:
        raise BadSchedule(
            _("A crontab has five fields: minute, hour, day of the month, month, day of the week.")
        )
    names = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
    values = dict(zip(names, fields, strict=True)) | {"timezone": _zone(zone)}
    found = CrontabSchedule.objects.filter(**values).first()
    if found is not None:
        return found
    made = CrontabSchedule(**values)
    try:
        celery_crontab(**dict(zip(names, fields, strict=True)))
        made.full_clean()
    except (ParseException, ValueError, ValidationError) as error:
        raise BadSchedule(
            _("“%(text)s” is no crontab. For example, 30 3 * * 1-5 is half past three on weekdays.")
            % {"text": text}
        ) from error
    made.save()
    return made


def minutes_of(source: Source) -> int:
    """Its interval in minutes, 0 where it has none."""
    row = source.every
    if row is None:
        return 0
    seconds: float = row.schedule.run_every.total_seconds()
    return max(1, round(seconds / 60))


def crontab_text(source: Source) -> str:
    row = source.crontab
    if row is None:
        return ""
    fields = (row.minute, row.hour, row.day_of_month, row.month_of_year, row.day_of_week)
    return " ".join(str(field) for field in fields)


def described(source: Source) -> str:
    """The schedule for people; a crontab as it is written, with its time zone."""
    if source.crontab is not None:
        return f"{crontab_text(source)} ({source.crontab.timezone})"
    minutes = minutes_of(source)
    if minutes in Often.values:
        return str(Often(minutes).label)
    return _("every %(count)d minutes") % {"count": minutes}


def next_time(source: Source, now: datetime | None = None) -> datetime | None:
    """When it is looked at after ``now``; a crontab wins over an interval. ``None`` without either, and
    for a crontab that never comes, such as the 31st of February."""
    now = now or timezone.now()
    if source.crontab is not None:
        try:
            last, step, _now = source.crontab.schedule.remaining_delta(now)
            following: datetime = last + step
        except (RuntimeError, OverflowError, ValueError):
            return None
        return following
    return now + source.every.schedule.run_every if source.every is not None else None


def reset(sources: "models.QuerySet[Source]") -> None:
    """Computes the next time of sources whose schedule was changed; those that wait for one now keep it."""
    now = timezone.now()
    for source in sources.select_related("every", "crontab"):
        waiting = Source.objects.filter(pk=source.pk).exclude(next_at__lte=now)
        waiting.update(next_at=next_time(source, now))


def sources_on(row: "IntervalSchedule | CrontabSchedule") -> "models.QuerySet[Source]":
    """The sources that follow a schedule."""
    return Source.objects.filter(**{"crontab" if isinstance(row, CrontabSchedule) else "every": row})


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else timezone.get_default_timezone()
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadSchedule(_("There is no time zone “%(name)s”.") % {"name": name}) from error
