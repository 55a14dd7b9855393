from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("ingestion", "0009_intervals_as_rows")]

    operations = [migrations.RemoveField(model_name="source", name="interval")]
