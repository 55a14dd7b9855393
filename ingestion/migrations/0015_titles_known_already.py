"""Documents that are ready already are found by their titles too."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

AT_ONCE = 500


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    from ingestion.titles import keys

    document, key = apps.get_model("ingestion", "Document"), apps.get_model("ingestion", "TitleKey")
    ready = document.objects.filter(status="ready", replaces__isnull=True, collection__is_scratch=False)
    rows = []
    columns = ready.order_by().values_list("pk", "collection_id", "title", "name")
    for pk, collection, title, name in columns.iterator(chunk_size=2000):
        rows.extend(key(document_id=pk, collection_id=collection, key=each) for each in keys(title, name))
        if len(rows) >= AT_ONCE:
            key.objects.bulk_create(rows)
            rows = []
    key.objects.bulk_create(rows)


class Migration(migrations.Migration):
    dependencies = [("ingestion", "0014_days_known_already")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
