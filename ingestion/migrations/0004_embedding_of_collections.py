from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ingestion", "0003_successors")]

    operations = [
        migrations.AddField(
            model_name="collection",
            name="embedding",
            field=models.CharField(
                blank=True,
                default="",
                help_text="a name in EMBEDDINGS; empty means the site's default",
                max_length=60,
            ),
        ),
        migrations.AddField(
            model_name="generation",
            name="embedder",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="generation",
            name="loads",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
    ]
