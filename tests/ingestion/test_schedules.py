"""Sources are looked at when their interval or crontab says, and follow a change of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client, override_settings
from django.utils import timezone, translation
from django_celery_beat.models import CrontabSchedule, IntervalSchedule

from accounts.models import User
from ingestion import schedules
from ingestion.models import Collection, Source
from ingestion.schedules import BadSchedule, Often

pytestmark = pytest.mark.django_db

# A Friday.
NOW = datetime(2026, 11, 27, 10, 20, 30, tzinfo=UTC)


def source(collection: Collection, minutes: int = 0, crontab: str = "", zone: str = "") -> Source:
    return Source.objects.create(
        collection=collection,
        name="Docs",
        every=schedules.every(minutes),
        crontab=schedules.crontab(crontab, zone),
    )


def test_sources_with_the_same_schedule_share_its_row(collection: Collection) -> None:
    assert schedules.every(Often.HOUR) == schedules.every(Often.HOUR)
    assert schedules.crontab("0 4 * * *") == schedules.crontab(" 0  4 * * * ")
    assert schedules.crontab("0 4 * * *", "Asia/Shanghai") != schedules.crontab("0 4 * * *", "Europe/Paris")
    assert (IntervalSchedule.objects.count(), CrontabSchedule.objects.count()) == (1, 3)


@pytest.mark.parametrize(
    ("crontab", "zone", "expected"),
    [
        ("30 3 * * *", "UTC", datetime(2026, 11, 28, 3, 30, tzinfo=UTC)),
        ("30 10 * * *", "UTC", datetime(2026, 11, 27, 10, 30, tzinfo=UTC)),
        ("20 10 * * *", "UTC", datetime(2026, 11, 28, 10, 20, tzinfo=UTC)),
        ("*/15 * * * *", "UTC", datetime(2026, 11, 27, 10, 30, tzinfo=UTC)),
        ("0 0 * * 1-5", "UTC", datetime(2026, 11, 30, tzinfo=UTC)),
        ("0 9 1 1 *", "UTC", datetime(2027, 1, 1, 9, tzinfo=UTC)),
        ("0 8 * * *", "Asia/Shanghai", datetime(2026, 11, 28, 8, tzinfo=ZoneInfo("Asia/Shanghai"))),
        ("30 18 * * *", "Asia/Shanghai", datetime(2026, 11, 27, 18, 30, tzinfo=ZoneInfo("Asia/Shanghai"))),
    ],
)
def test_the_next_time_of_a_crontab(
    collection: Collection, crontab: str, zone: str, expected: datetime
) -> None:
    assert schedules.next_time(source(collection, crontab=crontab, zone=zone), NOW) == expected


def test_the_next_time_of_an_interval(collection: Collection) -> None:
    assert schedules.next_time(source(collection, Often.SIX_HOURS), NOW) == NOW + timedelta(hours=6)
    assert schedules.next_time(source(collection), NOW) is None


def test_a_crontab_wins_over_an_interval(collection: Collection) -> None:
    both = source(collection, Often.QUARTER, "0 11 * * *", "UTC")
    assert schedules.next_time(both, NOW) == NOW.replace(hour=11, minute=0, second=0)


@pytest.mark.parametrize(
    "text", ["0 4 * *", "every day", "61 * * * *", "* 25 * * *", "* * * * 9", "a b c d e", "0 0 31 2 *"]
)
def test_what_is_no_crontab_is_said(text: str) -> None:
    with pytest.raises(BadSchedule):
        schedules.crontab(text)
    assert not CrontabSchedule.objects.exists()


def test_an_unknown_time_zone_is_said() -> None:
    with pytest.raises(BadSchedule, match="Mars/Olympus"):
        schedules.crontab("0 4 * * *", "Mars/Olympus")


def test_schedules_for_people(collection: Collection) -> None:
    other = IntervalSchedule.objects.create(every=90, period=IntervalSchedule.SECONDS)
    with translation.override("zh-hans"), override_settings(TIME_ZONE="UTC"):
        assert schedules.described(source(collection, crontab="0 4 * * 1", zone="Asia/Shanghai")) == (
            "0 4 * * 1 (Asia/Shanghai)"
        )
    assert schedules.described(source(collection, Often.DAY)) == "every day"
    assert schedules.minutes_of(Source(collection=collection, name="x", every=other)) == 2


def test_a_schedule_that_is_edited_moves_the_next_time(collection: Collection) -> None:
    hourly = source(collection, Often.HOUR)
    Source.objects.filter(pk=hourly.pk).update(next_at=timezone.now() + timedelta(hours=1))
    row = IntervalSchedule.objects.get()
    row.every = 5
    row.save()
    hourly.refresh_from_db()
    assert hourly.next_at is not None
    assert hourly.next_at - timezone.now() < timedelta(minutes=6)


def test_a_source_that_waits_now_is_not_put_off(collection: Collection) -> None:
    due = source(collection, Often.HOUR)
    earlier = timezone.now() - timedelta(minutes=3)
    Source.objects.filter(pk=due.pk).update(next_at=earlier)
    IntervalSchedule.objects.get().save()
    due.refresh_from_db()
    assert due.next_at == earlier


def test_administrators_edit_the_schedule_of_a_source(collection: Collection, admin: User) -> None:
    kept = source(collection, Often.HOUR)
    nightly = schedules.crontab("0 2 * * *", "UTC")
    assert nightly is not None
    client = Client()
    client.force_login(admin)
    page = f"/admin/ingestion/source/{kept.pk}/change/"
    form = client.get(page).context["adminform"].form
    data = {name: form.initial.get(name) or "" for name in form.fields} | {"crontab": nightly.pk}
    inlines = client.get(page).context["inline_admin_formsets"]
    for inline in inlines:
        data |= {
            f"{inline.formset.prefix}-{name}": value
            for name, value in inline.formset.management_form.initial.items()
        }
    both = client.post(page, data)
    assert "an interval or a crontab, not both" in str(both.context["adminform"].form.errors["every"])
    answer = client.post(page, data | {"every": ""})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    kept.refresh_from_db()
    assert (kept.crontab, kept.every) == (nightly, None)
    assert kept.next_at is not None
    assert (kept.next_at.hour, kept.next_at.minute) == (2, 0)
