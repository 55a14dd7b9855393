"""Writes one pending answer: reads what it needs, runs ``answering.answer``, keeps the row up to date.

Runs in any thread. No database connection is held while a model writes.
"""

import logging
import time
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chat import selectors
from chat.answering import answer
from chat.events import (
    Answer,
    Event,
    Finished,
    QuestionError,
    Rewritten,
    Sources,
    Thinking,
    Token,
    shown_passage,
)
from chat.models import LIVE, Message
from ingestion.finding import find
from llm.endpoints import line_up
from llm.errors import LLMError
from search.errors import SearchError

logger = logging.getLogger(__name__)

PASSAGES = 8
SAVE_EVERY_S = 2.0
Status = Message.Status


class Watcher(Protocol):
    """Hears of everything that happens, and may ask for an end."""

    def publish(self, event: str, data: dict[str, Any]) -> None: ...

    def wants_stop(self) -> bool: ...


class Nobody:
    """The watcher of an answer that its caller waits for."""

    def publish(self, event: str, data: dict[str, Any]) -> None:
        return None

    def wants_stop(self) -> bool:
        return False


@dataclass(slots=True)
class _Progress:
    message_id: UUID
    attempt: int
    text: str = ""
    rewritten: str = ""
    saved_at: float = field(default_factory=time.monotonic)

    def save(self, **fields: Any) -> None:
        """Writes only while this attempt is the current one and nobody ended it."""
        live = Message.objects.filter(pk=self.message_id, attempt=self.attempt, status__in=LIVE)
        live.update(heartbeat_at=timezone.now(), **fields)
        self.saved_at = time.monotonic()
        release_connections()

    @property
    def is_due(self) -> bool:
        return time.monotonic() - self.saved_at >= SAVE_EVERY_S


def generate(message_id: UUID, attempt: int, language: str, watcher: Watcher) -> None:
    """Ends with the row done, failed or stopped, and a ``done`` event. Never raises."""
    progress = _Progress(message_id, attempt)
    with translation.override(language):
        try:
            _write(progress, language, watcher)
        except (SearchError, LLMError, QuestionError) as error:
            logger.warning("answer %s failed: %s", message_id, error)
            progress.save(status=Status.FAILED, text=progress.text, error=str(error))
        except Exception:
            logger.exception("answer %s failed", message_id)
            progress.save(
                status=Status.FAILED,
                text=progress.text,
                error=_("Something went wrong while the answer was written. Try again; the log says more."),
            )
        watcher.publish("done", {})
        release_connections()


def _write(progress: _Progress, language: str, watcher: Watcher) -> None:
    progress.save(status=Status.STREAMING)
    events = _events(progress, language)
    for event in events:
        if watcher.wants_stop():
            events.close()
            progress.save(status=Status.STOPPED, text=progress.text, rewritten=progress.rewritten)
            return
        _tell(event, progress, watcher)
        if isinstance(event, Finished):
            progress.save(**_final(event.answer))
        elif isinstance(event, Sources) or progress.is_due:
            progress.save(text=progress.text, rewritten=progress.rewritten)


def _events(progress: _Progress, language: str) -> Generator[Event, None, None]:
    message = Message.objects.select_related("conversation__owner").get(pk=progress.message_id)
    conversation = message.conversation
    collections = selectors.searched_collections(conversation)
    return answer(
        selectors.question_of(message).text,
        history=selectors.turns_before(message),
        find=lambda query: find(query, collections, k=PASSAGES),
        backends=line_up(_model_for(conversation.model, [collection.llm for collection in collections])),
        language=language,
        max_chars=settings.MAX_QUERY_CHARS,
    )


def _model_for(chosen: str, of_collections: list[str]) -> str:
    """The conversation's own choice, else what all its collections agree on, else the default."""
    if chosen:
        return chosen
    agreed = set(of_collections)
    return agreed.pop() if len(agreed) == 1 else ""


def _tell(event: Event, progress: _Progress, watcher: Watcher) -> None:
    match event:
        case Token(text):
            progress.text += text
            watcher.publish("token", {"text": text})
        case Thinking(text):
            watcher.publish("thinking", {"text": text})
        case Rewritten(question):
            progress.rewritten = question
            watcher.publish("rewritten", {"question": question})
        case Sources(passages):
            watcher.publish("sources", {"count": len(passages)})


def _final(done: Answer) -> dict[str, Any]:
    return {
        "status": Status.FAILED if done.error else Status.DONE,
        "text": done.text,
        "refused": done.refused,
        "citations": [citation.as_dict() for citation in done.citations],
        "sources": [shown_passage(n, passage) for n, passage in done.unused],
        "sentences": [asdict(sentence) for sentence in done.sentences],
        "notes": list(done.notes),
        "model": done.model[:120],
        "usage": asdict(done.usage),
        "error": done.error.message if done.error else "",
    }


def release_connections() -> None:
    """Closes this thread's database connections, unless a transaction is open on them."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
