from django.db import migrations
from django.db.models import OuterRef, Subquery


def follow(apps, schema_editor):
    """Conversations had one branch: each message followed the one before it."""
    message = apps.get_model("chat", "Message")
    before = message.objects.filter(
        conversation_id=OuterRef("conversation_id"), ordinal=OuterRef("ordinal") - 1
    )
    message.objects.filter(parent=None).update(parent_id=Subquery(before.values("pk")[:1]))


class Migration(migrations.Migration):
    dependencies = [("chat", "0011_branches_and_sharing")]

    operations = [migrations.RunPython(follow, migrations.RunPython.noop, elidable=True)]
