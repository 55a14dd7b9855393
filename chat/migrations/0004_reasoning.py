from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0003_prompt_templates'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='reasoning',
            field=models.TextField(blank=True, default=''),
        ),
    ]
