from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0004_reasoning")]

    operations = [
        migrations.AddField(
            model_name="message", name="failures", field=models.JSONField(blank=True, default=list)
        ),
        migrations.AddField(
            model_name="message",
            name="history_from",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
    ]
