"""Writes of the chat room."""

import time
from collections.abc import Iterable, Sequence
from functools import partial
from types import EllipsisType
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from chat import selectors, streaming
from chat.answering import checked
from chat.branches import tree_of
from chat.errors import NoReadyDocuments, NothingToSearch, StillWriting, TooBusy
from chat.generation import Nobody, Progress, generate
from chat.models import LIVE, Conversation, Message, PromptTemplate, SharedLink
from chat.writers import Job, writers
from ingestion.models import Collection

TITLE_CHARS = 80
STOP_WAIT_S = 1.0
Role, Status = Message.Role, Message.Status


@transaction.atomic
def start_conversation(*, owner: User, collections: Iterable[Collection], model: str = "") -> Conversation:
    """The caller has made sure that ``owner`` may read ``collections``."""
    conversation = Conversation.objects.create(owner=owner, model=model)
    conversation.collections.set(collections)
    return conversation


@transaction.atomic
def change_conversation(
    *,
    conversation: Conversation,
    collections: Iterable[Collection] | None = None,
    model: str | None = None,
    template: PromptTemplate | EllipsisType | None = ...,
) -> None:
    """From the next question on. ``None``, for ``template`` ``...``, leaves a thing as it is."""
    if collections is not None:
        conversation.collections.set(collections)
    if model is not None:
        conversation.model = model
        conversation.save(update_fields=["model"])
    if template is not ...:
        conversation.template = template
        conversation.save(update_fields=["template"])


def refuse_without_documents(collections: Sequence[Collection]) -> None:
    """Raises ``NothingToSearch`` or ``NoReadyDocuments``, with a sentence that names the collections."""
    if not collections:
        raise NothingToSearch(_("This conversation has no collection that you may read: choose one first."))
    if selectors.has_ready_documents(collections):
        return
    names = _(", ").join(_("“%(name)s”") % {"name": collection.name} for collection in collections)
    in_work = selectors.documents_in_work(collections)
    if in_work:
        raise NoReadyDocuments(
            ngettext(
                "%(count)d document of %(names)s is still being processed: ask again when it is ready.",
                "%(count)d documents of %(names)s are still being processed: ask again when they are ready.",
                in_work,
            )
            % {"count": in_work, "names": names}
        )
    raise NoReadyDocuments(
        _("There is no document ready to be searched in %(names)s: add some there, or choose another "
          "collection.") % {"names": names}
    )  # fmt: skip


def ask(
    *,
    conversation: Conversation,
    question: str,
    after: Message | EllipsisType | None = ...,
    search_for: str = "",
) -> Message:
    """The pending answer; it is written outside of the caller, see ``chat.streaming.follow``.

    The question follows the answer ``after``, ``None`` begins the conversation anew beside what was asked
    first; left out, it follows what was written last. ``search_for`` is searched in place of a question that
    is a filled prompt. Raises ``QuestionError``, ``NothingToSearch``,
    ``NoReadyDocuments`` and ``StillWriting``.
    """
    with transaction.atomic():
        answer = _pending(conversation, question, after, search_for)
        transaction.on_commit(partial(_begin, answer))
    return answer


def answer_now(
    *,
    conversation: Conversation,
    question: str,
    after: Message | EllipsisType | None = ...,
    search_for: str = "",
) -> Message:
    """As ``ask``, but returns when the answer is complete; needs no broker."""
    with transaction.atomic():
        answer = _pending(conversation, question, after, search_for)
    return _written(answer)


def retry(*, message: Message, model: str | None = None, is_beside: bool = False) -> Message:
    """The answer that is written again, as a further version of ``message``; the last one of all is written
    in its place where it ended before its first word and no link shows it. By ``model``, by default the one
    that ``message`` wanted. One that ``is_beside`` does not take the place of ``message`` in what is shown.
    Raises ``StillWriting``."""
    with transaction.atomic():
        again = _again(message, model, is_beside)
        transaction.on_commit(partial(_begin, again))
    return again


def retry_now(*, message: Message, model: str | None = None) -> Message:
    """As ``retry``, but returns when the answer is complete; needs no broker."""
    with transaction.atomic():
        again = _again(message, model)
    return _written(again)


def _again(message: Message, model: str | None, is_beside: bool = False) -> Message:
    conversation = Conversation.objects.select_for_update().get(pk=message.conversation_id)
    _refuse_while_writing(conversation)
    message.refresh_from_db()
    wanted = message.wanted_model if model is None else model
    again = _emptied(message, wanted) if _is_nothing(message) else _version_beside(message, wanted, is_beside)
    _touch(conversation)
    return again


def _written(answer: Message) -> Message:
    job = _job(answer)
    with writers.holding(job):
        generate(job.progress, job.language, Nobody())
    answer.refresh_from_db()
    return answer


def _is_nothing(message: Message) -> bool:
    """Without a word, with nothing behind it, and shown to nobody else."""
    is_blank = not message.text and message.status != Status.DONE
    if not is_blank or message.ordinal != _last_ordinal(message.conversation_id):
        return False
    return not SharedLink.objects.filter(until=message).exists()


def _version_beside(message: Message, model: str, is_beside: bool) -> Message:
    """It reads no more of the conversation than ``message`` might."""
    return Message.objects.create(
        conversation_id=message.conversation_id,
        parent_id=message.parent_id,
        ordinal=_last_ordinal(message.conversation_id) + 1,
        role=Role.ASSISTANT,
        status=Status.PENDING,
        history_from=message.history_from,
        wanted_model=model,
        is_beside=is_beside,
    )


def _emptied(message: Message, model: str) -> Message:
    Message.objects.filter(pk=message.pk).update(
        status=Status.PENDING,
        attempt=F("attempt") + 1,
        heartbeat_at=timezone.now(),
        refused=False,
        wanted_model=model,
        **dict.fromkeys(("text", "rewritten", "reasoning", "model", "template_name"), ""),
        **dict.fromkeys(("error", "error_code"), ""),
        **{name: {} for name in ("usage", "refusal", "history", "parameters")},
        **{name: [] for name in ("citations", "sources", "sentences", "notes", "failures", "applied_rules")},
    )
    message.refresh_from_db()
    return message


def stop(*, message: Message) -> None:
    """Ends the answer with the part written so far. A model that is silent is not waited for."""
    streaming.request_stop(message.pk, message.attempt)
    live = Message.objects.filter(pk=message.pk, attempt=message.attempt, status__in=LIVE)
    if not writers.end(message.pk, message.attempt):
        until = time.monotonic() + STOP_WAIT_S
        while time.monotonic() < until and live.exists():  # another process writes it
            time.sleep(0.05)
        live.update(status=Status.STOPPED)
    streaming.announce_end(message.pk, message.attempt)


def delete_conversation(*, conversation: Conversation) -> None:
    for message in conversation.messages.filter(status__in=LIVE):
        streaming.request_stop(message.pk, message.attempt)
    conversation.delete()


def _pending(
    conversation: Conversation, question: str, after: Message | EllipsisType | None, search_for: str
) -> Message:
    asked = checked(question, settings.MAX_QUERY_CHARS)
    Conversation.objects.select_for_update().get(pk=conversation.pk)
    collections = selectors.searched_collections(conversation)
    refuse_without_documents(collections)
    _refuse_while_writing(conversation)
    place = _last_ordinal(conversation.pk) + 1
    new = Message.objects.create(
        conversation=conversation,
        parent_id=_followed(conversation, after),
        ordinal=place,
        role=Role.USER,
        text=asked,
        rewritten=search_for,
    )
    if not conversation.title:
        conversation.title = " ".join((search_for or asked).split())[:TITLE_CHARS]
        conversation.save(update_fields=["title"])
    _touch(conversation)
    return Message.objects.create(
        conversation=conversation,
        parent=new,
        ordinal=place + 1,
        role=Role.ASSISTANT,
        status=Status.PENDING,
    )


def _followed(conversation: Conversation, after: Message | EllipsisType | None) -> UUID | None:
    if after is ...:
        branch = tree_of(conversation.pk).branch()
        return branch[-1] if branch else None
    return after.pk if after is not None else None


def _touch(conversation: Conversation) -> None:
    """The newest of its owner's, and no longer put away."""
    conversation.updated_at = timezone.now()
    conversation.archived_at = None
    conversation.save(update_fields=["updated_at", "archived_at"])


def _refuse_while_writing(conversation: Conversation) -> None:
    live = conversation.messages.filter(status__in=LIVE)
    live.filter(heartbeat_at__lt=timezone.now() - streaming.DEAD_AFTER).update(status=Status.INTERRUPTED)
    if live.exists():
        raise StillWriting(_("The last answer is still being written: wait for it, or stop it first."))


def _last_ordinal(conversation_id: UUID) -> int:
    said = Message.objects.filter(conversation_id=conversation_id)
    last: int | None = said.aggregate(last=Max("ordinal"))["last"]
    return last or 0


def _begin(answer: Message) -> None:
    try:
        writers.submit(_job(answer))
    except TooBusy as error:
        Message.objects.filter(pk=answer.pk).update(
            status=Status.FAILED, error=str(error), error_code=error.code
        )


def _job(answer: Message) -> Job:
    return Job(Progress(answer.pk, answer.attempt), _language())


def _language() -> str:
    return translation.get_language() or settings.LANGUAGE_CODE
