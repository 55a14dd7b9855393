"""The minutes of a source's interval become a row of django-celery-beat."""

from django.db import migrations


def forwards(apps, schema_editor):
    Source = apps.get_model("ingestion", "Source")
    Interval = apps.get_model("django_celery_beat", "IntervalSchedule")
    for source in Source.objects.exclude(interval=0):
        found = Interval.objects.filter(every=source.interval, period="minutes").first()
        source.every = found or Interval.objects.create(every=source.interval, period="minutes")
        source.save(update_fields=["every"])


def backwards(apps, schema_editor):
    Source = apps.get_model("ingestion", "Source")
    for source in Source.objects.filter(every__period="minutes").select_related("every"):
        source.interval = source.every.every
        source.save(update_fields=["interval"])


class Migration(migrations.Migration):

    dependencies = [("ingestion", "0008_web_sources")]

    operations = [migrations.RunPython(forwards, backwards)]
