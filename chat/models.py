"""Conversations and their messages: the truth about every answer, also while it is being written."""

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.rules.records import is_blocked
from ingestion.models import Collection


class PromptTemplate(models.Model):
    """A text of the library of prompts, in its newest version (``chat.prompt_library``).

    Of kind ``task`` its ``{variables}`` are filled in by whoever uses it, as ``inputs`` describes them;
    ``query`` is what is searched for where the text asks for ``{sources}``. Of kind ``answers`` it is wishes
    of an administrator to the language models, which a conversation or a collection may choose, as
    ``chat.prompt_texts`` reads it. One without an ``owner`` is for everybody and kept by administrators.
    ``origin`` is empty for one written here, else where it came from, as "qianfan:6610".
    """

    class Kind(models.TextChoices):
        TASK = "task", _("prompt to fill in")
        ANSWERS = "answers", _("instructions for answers")

    name = models.CharField(max_length=80)
    text = models.TextField()
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.ANSWERS)
    description = models.CharField(max_length=200, blank=True, default="")
    language = models.CharField(max_length=7, blank=True, default="")
    inputs = models.JSONField(default=dict, blank=True)
    query = models.CharField(max_length=200, blank=True, default="")
    origin = models.CharField(max_length=80, blank=True, default="")
    version = models.PositiveIntegerField(default=0)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="prompt_templates"
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(owner=None), name="one_shared_prompt_of_a_name"
            ),
            models.UniqueConstraint(fields=["owner", "name"], name="one_own_prompt_of_a_name"),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("prompt", args=[str(self.pk)])


class CollectionTemplate(models.Model):
    """The template of a collection, for conversations that have chosen none. It stands here because
    collections know nothing of the chat."""

    collection = models.OneToOneField(Collection, models.CASCADE, related_name="+")
    template = models.ForeignKey(PromptTemplate, models.CASCADE, related_name="of_collections")

    def __str__(self) -> str:
        return f"{self.collection}: {self.template}"


class Conversation(models.Model):
    """Questions of one person about some collections. Only its owner sees it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=120, blank=True, default="")
    collections = models.ManyToManyField(Collection, related_name="conversations")
    model = models.CharField(max_length=60, blank=True, default="", help_text=_("empty: the site's default"))
    template = models.ForeignKey(
        PromptTemplate, models.SET_NULL, null=True, blank=True, related_name="conversations"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-updated_at",)
        indexes = (models.Index(fields=["owner", "-updated_at"], name="conversations_newest"),)

    def __str__(self) -> str:
        return self.title or str(self.id)

    def get_absolute_url(self) -> str:
        return reverse("chat-conversation", args=[self.id])


class Message(models.Model):
    """A question (role user) or an answer (role assistant).

    ``parent`` is what it follows: an answer its question, a question the answer before it; messages of one
    parent are versions of each other (``chat.branches``). ``ordinal`` counts in the order in which they were
    made. ``is_beside`` marks an answer that was asked for to be compared with another one: conversations go
    by it unless it is named or somebody goes on from it. ``history`` says how much of the conversation a
    model read, as ``chat.memory`` has it.
    ``attempt`` rises with every retry: a generation writes only where it still holds the number it
    began with. ``heartbeat_at`` is renewed by the process that holds a live answer. ``failures`` are the
    members of ``chat.events.Failure``, ``applied_rules`` those of ``chat.rules.records.Applied``,
    ``parameters`` what the model was asked with; ``wanted_model``, where it is set, is to write this answer
    instead of the conversation's own. ``verified`` has the members of ``chat.events.Verified`` where an
    editor's answer was given. What stands before the place ``history_from`` is not shown to models any more:
    a provider objected to it.
    """

    class Role(models.TextChoices):
        USER = "user", _("question")
        ASSISTANT = "assistant", _("answer")

    class Status(models.TextChoices):
        PENDING = "pending", _("waiting")
        STREAMING = "streaming", _("being written")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        STOPPED = "stopped", _("stopped")
        INTERRUPTED = "interrupted", _("interrupted")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    ordinal = models.PositiveIntegerField()
    is_beside = models.BooleanField(default=False)
    role = models.CharField(max_length=10, choices=Role)
    text = models.TextField(blank=True, default="")
    status = models.CharField(max_length=12, choices=Status, default=Status.DONE)
    attempt = models.PositiveSmallIntegerField(default=1)
    refused = models.BooleanField(default=False)
    citations = models.JSONField(default=list, blank=True)
    sources = models.JSONField(default=list, blank=True)
    sentences = models.JSONField(default=list, blank=True)
    notes = models.JSONField(default=list, blank=True)
    refusal = models.JSONField(default=dict, blank=True)
    rewritten = models.TextField(blank=True, default="")
    reasoning = models.TextField(blank=True, default="")
    model = models.CharField(max_length=120, blank=True, default="")
    template_name = models.CharField(max_length=80, blank=True, default="")
    verified = models.JSONField(default=dict, blank=True)
    wanted_model = models.CharField(max_length=60, blank=True, default="")
    parameters = models.JSONField(default=dict, blank=True)
    usage = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True, default="")
    error_code = models.CharField(max_length=40, blank=True, default="")
    failures = models.JSONField(default=list, blank=True)
    applied_rules = models.JSONField(default=list, blank=True)
    history_from = models.PositiveIntegerField(null=True, blank=True)
    history = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    heartbeat_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("conversation_id", "ordinal")
        constraints = (
            models.UniqueConstraint(fields=["conversation", "ordinal"], name="one_message_each_place"),
        )

    def __str__(self) -> str:
        return f"{self.role} {self.ordinal}: {self.text[:40]}"

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def is_blocked(self) -> bool:
        return is_blocked(self.applied_rules)

    @property
    def can_retry(self) -> bool:
        return self.role == self.Role.ASSISTANT and not self.is_live


LIVE = (Message.Status.PENDING, Message.Status.STREAMING)

from chat.feedback.models import Comparison as Comparison  # noqa: E402
from chat.feedback.models import Feedback as Feedback  # noqa: E402
from chat.insights.models import Insight as Insight  # noqa: E402
from chat.insights.models import Material as Material  # noqa: E402
from chat.prompt_library.models import PromptVersion as PromptVersion  # noqa: E402
from chat.rules.models import Rule as Rule  # noqa: E402
from chat.sharing.models import SharedLink as SharedLink  # noqa: E402
from chat.verified.models import VerifiedAnswer as VerifiedAnswer  # noqa: E402
from chat.verified.models import VerifiedQuestion as VerifiedQuestion  # noqa: E402
from chat.widget.models import Widget as Widget  # noqa: E402
from chat.widget.models import WidgetTalk as WidgetTalk  # noqa: E402
