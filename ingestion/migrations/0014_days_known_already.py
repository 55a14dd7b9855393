"""The days that documents gave themselves before there was a column for them."""

from datetime import date, timedelta
from email.utils import parsedate_to_datetime

from django.db import migrations

_BATCH = 500


def _own_day(meta, latest):
    for key in ("date", "modified", "created"):
        day = _day(str(meta.get(key, "")))
        if day and date(1900, 1, 1) <= day <= latest:
            return day
    return None


def _day(text):
    for read in (lambda: date.fromisoformat(text[:10]), lambda: parsedate_to_datetime(text).date()):
        try:
            return read()
        except ValueError:
            continue
    return None


def forwards(apps, schema_editor):
    Document = apps.get_model("ingestion", "Document")
    SourceItem = apps.get_model("ingestion", "SourceItem")
    latest, batch = date.today() + timedelta(days=1), []
    for document in Document.objects.exclude(meta={}).only("pk", "meta").iterator(_BATCH):
        document.dated_on = _own_day(document.meta, latest)
        if document.dated_on is not None:
            batch.append(document)
        if len(batch) == _BATCH:
            Document.objects.bulk_update(batch, ["dated_on"])
            batch = []
    Document.objects.bulk_update(batch, ["dated_on"])
    pages = SourceItem.objects.filter(owned=True, published_on__isnull=False, document__isnull=False)
    for document_id, day in pages.values_list("document_id", "published_on").iterator(_BATCH):
        Document.objects.filter(pk=document_id).update(dated_on=day)


class Migration(migrations.Migration):

    dependencies = [("ingestion", "0013_days_of_documents")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
