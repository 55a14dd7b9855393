from django.db import migrations


def write_first_versions(apps, schema_editor):
    """What was there before versions were kept is its own first version."""
    PromptTemplate = apps.get_model("chat", "PromptTemplate")
    PromptVersion = apps.get_model("chat", "PromptVersion")
    for template in PromptTemplate.objects.filter(version=0).iterator():
        version = PromptVersion.objects.create(
            template=template,
            number=1,
            name=template.name,
            text=template.text,
            created_by_id=template.created_by_id,
        )
        PromptVersion.objects.filter(pk=version.pk).update(created_at=template.updated_at)
        PromptTemplate.objects.filter(pk=template.pk).update(version=1)


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0007_prompt_library'),
    ]

    operations = [
        migrations.RunPython(write_first_versions, migrations.RunPython.noop),
    ]
