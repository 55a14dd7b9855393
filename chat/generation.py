"""Writes one pending answer: reads what it needs, runs ``answering.answer``, keeps the row up to date.

Runs in any thread. No database connection is held while a model writes, and only a few answers search
at the same time: a search keeps a core busy, a model only a socket.
"""

import logging
import os
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chat import prompt_selectors, selectors
from chat.answering import answer
from chat.connections import release_connections
from chat.errors import ChatError
from chat.events import (
    Answer,
    Event,
    Finished,
    QuestionError,
    Reset,
    Rewritten,
    Sources,
    Thinking,
    Token,
    Waiting,
)
from chat.models import LIVE, Message
from chat.prompt_use import Wishes
from chat.prompts import language_of
from chat.rules.applying import Ruled
from chat.rules.loading import ruled
from chat.similarity import by_embedding
from chat.stored_answers import final_fields, part_fields
from chat.verified.giving import pinned_for
from chat.waits import in_words
from ingestion.finding import Found, FoundPassage, find
from ingestion.models import Collection
from ingestion.neighbours import widen
from llm.errors import LLMError
from search.errors import SearchError

logger = logging.getLogger(__name__)

PASSAGES = 8
SAVE_EVERY_S = 2.0
LONGEST_REASONING = 20_000
SEARCHES_AT_ONCE = max(2, os.cpu_count() or 1)
Status = Message.Status

searching = threading.BoundedSemaphore(SEARCHES_AT_ONCE)


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


class _Stopped(Exception):
    """Somebody asked for an end before the first word."""


@dataclass(slots=True, eq=False)
class Progress:
    """An answer on its way. Another thread may save or end it while its own waits for the model."""

    message_id: UUID
    attempt: int
    text: str = ""
    rewritten: str = ""
    reasoning: str = ""
    passages: tuple[FoundPassage, ...] = ()
    told_wait: str = ""
    wishes: Wishes = field(default_factory=Wishes)
    rules: Ruled = field(default_factory=Ruled)
    saved_text: str = ""
    saved_at: float = field(default_factory=time.monotonic)

    def save(self, **fields: Any) -> bool:
        """Writes only while this attempt is the current one and nobody ended it; says whether it is."""
        live = Message.objects.filter(pk=self.message_id, attempt=self.attempt, status__in=LIVE)
        try:
            return bool(live.update(heartbeat_at=timezone.now(), **fields))
        finally:
            self.saved_at = time.monotonic()
            self.saved_text = fields.get("text", self.saved_text)
            release_connections()

    def save_part(self) -> bool:
        return self.save(text=self.text, rewritten=self.rewritten)

    def finish(self, done: Answer) -> bool:
        fields = final_fields(self.wishes.noted(done))
        fields |= {"rewritten": self.rewritten, "reasoning": self._kept_reasoning}
        fields["applied_rules"] = self.rules.applied()
        return self.save(template_name=self.wishes.name_for(done), **fields)

    def end(self, status: str, error: str = "", code: str = "") -> bool:
        """Keeps the part received, with the citations that it holds."""
        fields = part_fields(self.text, self.passages)
        fields["text"] = self.rules.part(fields["text"])
        return self.save(
            status=status,
            error=error,
            error_code=code,
            rewritten=self.rewritten,
            reasoning=self._kept_reasoning,
            applied_rules=self.rules.applied(),
            **fields,
        )

    @property
    def _kept_reasoning(self) -> str:
        return self.reasoning.strip()[:LONGEST_REASONING]

    @property
    def is_due(self) -> bool:
        return self.saved_text != self.text and time.monotonic() - self.saved_at >= SAVE_EVERY_S


def generate(progress: Progress, language: str, watcher: Watcher) -> None:
    """Ends with the row done, failed or stopped, and a ``done`` event. Never raises."""
    with translation.override(language):
        try:
            _write(progress, language, watcher)
        except _Stopped:
            progress.end(Status.STOPPED)
        except LLMError as error:
            logger.warning("answer %s: the model failed: %s", progress.message_id, error)
            _fail(progress, error.public, error.code)
        except (QuestionError, ChatError) as error:
            _fail(progress, str(error), error.code)
        except SearchError as error:
            _fail(progress, str(error), "search_unavailable")
        except Exception:
            logger.exception("answer %s failed", progress.message_id)
            message = _("Something went wrong while the answer was written. Try again; the log says more.")
            progress.end(Status.FAILED, message, "internal")
        watcher.publish("done", {})
        release_connections()


def _write(progress: Progress, language: str, watcher: Watcher) -> None:
    if not progress.save(status=Status.STREAMING):
        return
    events = _events(progress, language, watcher)
    for event in events:
        if watcher.wants_stop():
            events.close()
            raise _Stopped
        _tell(event, progress, watcher)
        if isinstance(event, Finished):
            _log_failures(progress, event.answer)
            progress.finish(event.answer)
        elif progress.is_due:
            progress.save_part()


def _events(progress: Progress, language: str, watcher: Watcher) -> Generator[Event, None, None]:
    message = Message.objects.select_related("conversation__owner", "conversation__template").get(
        pk=progress.message_id
    )
    collections = selectors.searched_collections(message.conversation)
    asked = selectors.question_of(message)
    question = asked.text
    history = selectors.turns_before(message)
    lined_up = selectors.backends_of(message.conversation, collections, wanted=message.wanted_model)
    described = [backend.describe() for backend in lined_up.backends]
    template = prompt_selectors.template_of(message.conversation, collections)
    progress.wishes = Wishes.of(template, described, language_of(question, language))
    progress.rules = ruled(collections, language, follows=bool(history))
    pinned = pinned_for(message, asked, history, collections, progress.rules)
    release_connections()
    return answer(
        question,
        history=history,
        find=lambda query: _found(query, collections, watcher),
        backends=lined_up.backends,
        language=language,
        max_chars=settings.MAX_QUERY_CHARS,
        widen=_widened,
        similarity=by_embedding,
        searched=[collection.name for collection in collections],
        instructions=progress.wishes.instructions,
        failures=lined_up.failures,
        rules=progress.rules,
        search_for=asked.rewritten,
        pinned=pinned,
    )


def _widened(passages: Sequence[FoundPassage]) -> list[FoundPassage]:
    try:
        return widen(passages)
    finally:
        release_connections()


def _found(query: str, collections: list[Collection], watcher: Watcher) -> Found:
    """Waits for its turn to search. Raises ``_Stopped`` where the answer is no longer wanted then."""
    with searching:
        if watcher.wants_stop():
            raise _Stopped
        try:
            return find(query, collections, k=PASSAGES)
        finally:
            release_connections()


def _tell(event: Event, progress: Progress, watcher: Watcher) -> None:
    match event:
        case Token(text):
            progress.text += text
            watcher.publish("token", {"text": text})
        case Thinking(text):
            progress.reasoning += text
            watcher.publish("thinking", {"text": text})
        case Rewritten(question):
            progress.rewritten = question
            watcher.publish("rewritten", {"question": question})
        case Sources(passages):
            progress.passages = passages
            watcher.publish("sources", {"count": len(passages)})
        case Reset():
            progress.text = progress.reasoning = ""
            watcher.publish("reset", {})
        case Waiting(pause):
            _tell_wait(in_words(pause) if pause else "", progress, watcher)


def _tell_wait(words: str, progress: Progress, watcher: Watcher) -> None:
    """Empty words end a wait."""
    if words != progress.told_wait:
        progress.told_wait = words
        watcher.publish("waiting", {"text": words})


def _fail(progress: Progress, message: str, code: str) -> None:
    logger.warning("answer %s failed (%s): %s", progress.message_id, code, message)
    progress.end(Status.FAILED, message, code)


def _log_failures(progress: Progress, done: Answer) -> None:
    """One line for each model that failed; errors of a model hold no key."""
    for failure in done.failures:
        said = (progress.message_id, failure.endpoint, failure.code, failure.detail or failure.message)
        logger.warning("answer %s: “%s” failed (%s): %s", *said)
