"""The day that a document gives itself, to filter and sort by."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("ingestion", "0012_what_searching_keeps")]

    operations = [
        migrations.AddField(
            model_name="document",
            name="dated_on",
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["collection", "dated_on"], name="documents_by_date"),
        ),
    ]
