"""Links keep the title that they were made with; names of who verified stand with accounts alone."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def keep_titles(apps, schema_editor):
    Conversation = apps.get_model("chat", "Conversation")
    title = Conversation.objects.filter(pk=OuterRef("conversation_id")).values("title")
    links = apps.get_model("chat", "SharedLink").objects.filter(conversation__isnull=False)
    links.update(title=Subquery(title[:1]))


def forget_names(apps, schema_editor):
    Message = apps.get_model("chat", "Message")
    VerifiedAnswer = apps.get_model("chat", "VerifiedAnswer")
    people = {str(pk): person for pk, person in VerifiedAnswer.objects.values_list("pk", "verified_by_id")}
    for message in Message.objects.exclude(verified={}).only("verified").iterator():
        told = {name: value for name, value in message.verified.items() if name != "by"}
        told.setdefault("by_id", people.get(told["id"]))
        Message.objects.filter(pk=message.pk).update(verified=told)


class Migration(migrations.Migration):

    dependencies = [
        ("chat", "0016_insights_know_no_language"),
    ]

    operations = [
        migrations.AddField(
            model_name="sharedlink",
            name="title",
            field=models.CharField(blank=True, default="", max_length=120),
        ),
        migrations.RunPython(keep_titles, migrations.RunPython.noop),
        migrations.RunPython(forget_names, migrations.RunPython.noop),
        # What a way back fills in.
        migrations.AlterField(
            model_name="verifiedanswer",
            name="verified_name",
            field=models.CharField(default="", max_length=150),
        ),
        migrations.RemoveField(model_name="verifiedanswer", name="verified_name"),
    ]
